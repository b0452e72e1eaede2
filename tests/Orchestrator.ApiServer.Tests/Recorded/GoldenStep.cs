using System.Text.Json;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>One recorded request with its answer.</summary>
internal sealed record GoldenStep(string Id, string Method, string Path, string Query, string ContentType, string? Body, int Status, JsonElement Answer)
{
    public string Parameter(string name) => Query.Split('&')
        .Where(p => p.StartsWith(name + "=", StringComparison.Ordinal)).Select(p => Uri.UnescapeDataString(p[(name.Length + 1)..])).FirstOrDefault("");

    public string Message => Answer.ValueKind == JsonValueKind.Object && Answer.TryGetProperty("message", out var message) ? message.GetString()! : "";
}
