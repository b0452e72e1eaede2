using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>Two failures that name the same causes in an order which is random on the real server: managers in conflict, and the members of one map.</summary>
internal static class RandomOrder
{
    public static bool Same(JsonObject want, JsonObject got)
    {
        if (Text(want["kind"]) != "Status" || want["details"]?["causes"] is not JsonArray wanted || got["details"]?["causes"] is not JsonArray given
            || wanted.Count != given.Count || wanted.Count < 2)
        {
            return false;
        }

        // Everything but the order of the causes is equal...
        var (left, right) = ((JsonObject)want["details"]!.DeepClone(), (JsonObject)got["details"]!.DeepClone());
        left.Remove("causes");
        right.Remove("causes");
        if (!JsonNode.DeepEquals(left, right) || !Sorted(wanted).SequenceEqual(Sorted(given)) || !Words(want).SequenceEqual(Words(got)))
        {
            return false;
        }

        // ...and only the members of one map, or managers, have changed places.
        return wanted.Zip(given).All(static pair => Place(pair.First) == Place(pair.Second));
    }

    private static IEnumerable<string> Sorted(JsonArray causes) => causes.Select(static c => c!.ToJsonString()).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Words(JsonObject status) => (Text(status["message"]) ?? "").Split([' ', ',', '[', ']', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    /// <summary>Where a fault lies, without the key of the map's member.</summary>
    private static string Place(JsonNode? cause)
    {
        if (Text(cause?["reason"]) == "FieldManagerConflict")
        {
            return "conflict";
        }

        var field = Text(cause?["field"]) ?? "";
        return field.EndsWith(']') && field.LastIndexOf('[') is > 0 and var key ? field[..key] : field;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
