using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>Asks the APIs of metrics, which other servers than the cluster's own answer, and reads their values.</summary>
internal sealed class MetricsApi(IClusterClient client)
{
    /// <summary>The items of a list of metrics.</summary>
    /// <param name="group">The API's group.</param>
    /// <param name="versions">Its versions, the preferred one first.</param>
    /// <param name="path">Below the version, with a query.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The document, to be disposed; or the refusal: not found when nobody serves the API, in any version.</returns>
    public async ValueTask<(JsonDocument? Document, Status? Error)> GetAsync(string group, string[] versions, string path, CancellationToken cancellationToken)
    {
        Status? unserved = null;
        foreach (var version in versions)
        {
            var answer = await client.GetRawAsync($"/apis/{group}/{version}/{path}", cancellationToken);
            if (answer.IsOk)
            {
                try
                {
                    return (JsonDocument.Parse(answer.Value), null);
                }
                catch (JsonException e)
                {
                    return (null, ClientStatus.UnreachableBecause($"the answer could not be read: {e.Message}"));
                }
            }

            if (!IsUnserved(answer.Error))
            {
                return (null, answer.Error);
            }

            unserved = answer.Error;
        }

        return (null, unserved);
    }

    /// <summary>Whether a refusal says that nobody serves the path, rather than that the metric is unknown.</summary>
    public static bool IsUnserved(Status error) =>
        error.Reason == StatusReason.NotFound && error.Message.StartsWith("the server could not find the requested resource", StringComparison.Ordinal);

    /// <summary>The entries of the list <c>items</c>.</summary>
    public static IEnumerable<JsonElement> Items(JsonDocument document) =>
        document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : [];

    /// <summary>A metric's value in thousandths; null if it has none.</summary>
    public static long? MilliValueOf(JsonElement metric) =>
        metric.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String && Quantity.TryParse(value.GetString()!, out var quantity) ? quantity.MilliValue : null;

    public static string Escape(string text) => Uri.EscapeDataString(text);
}
