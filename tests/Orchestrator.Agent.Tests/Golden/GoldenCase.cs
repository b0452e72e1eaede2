using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Agent.Tests.Golden;

/// <summary>How the real kubelet reported one pod: its manifest, what was done, and its status, events and log.</summary>
internal sealed record GoldenCase(string Name, JsonObject Content)
{
    public JsonObject Manifest => Content["manifest"]!.AsObject();

    public JsonObject Status => Content["pod"]!["status"]!.AsObject();

    public IReadOnlyList<string> Waited => [.. Content["waited"]!.AsArray().Select(w => w!.GetValue<string>())];

    public JsonArray Steps => Content["steps"]?.AsArray() ?? [];

    public IReadOnlyList<string> Varies => [.. (Content["varies"] as JsonArray ?? []).Select(v => v!.GetValue<string>())];

    public static GoldenCase Read(string folder, string name) =>
        new(name, JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name + ".json")))!.AsObject());

    public string Text(string field) => Content[field] is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : "";
}
