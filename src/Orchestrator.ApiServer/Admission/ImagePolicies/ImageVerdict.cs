using System.Text.Json;

namespace Orchestrator.ApiServer.Admission.ImagePolicies;

/// <summary>What the server said about some images.</summary>
internal sealed record ImageVerdict(bool Allowed, string Reason, IReadOnlyDictionary<string, string> Annotations)
{
    /// <summary>Reads the status of an ImageReview.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ImageVerdict Read(byte[] review)
    {
        using var document = JsonDocument.Parse(review);
        try
        {
            var status = document.RootElement.GetProperty("status");
            var annotations = status.TryGetProperty("auditAnnotations", out var given) && given.ValueKind == JsonValueKind.Object
                ? given.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetString() ?? "")
                : [];
            return new(
                status.TryGetProperty("allowed", out var allowed) && allowed.GetBoolean(),
                status.TryGetProperty("reason", out var reason) ? reason.GetString() ?? "" : "",
                annotations);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new JsonException("the answer is no ImageReview", e);
        }
    }
}
