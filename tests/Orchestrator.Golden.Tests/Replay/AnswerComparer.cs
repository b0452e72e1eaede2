using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>
/// Finds where two normalised answers differ; <c>diff</c> of <c>record.py</c> is the contract. Besides, faults whose order is random on the real
/// server too are compared as sets: conflicts with several managers, and several faults of one map.
/// </summary>
internal static class AnswerComparer
{
    public static List<AnswerDifference> Compare(JsonNode? want, JsonNode? got)
    {
        var found = new List<AnswerDifference>();
        Compare(want, got, "", found);
        return found;
    }

    private static void Compare(JsonNode? want, JsonNode? got, string path, List<AnswerDifference> found)
    {
        switch (want, got)
        {
            case (JsonObject a, JsonObject b):
                var reordered = RandomOrder.Same(a, b);
                foreach (var key in a.Select(static m => m.Key).Union(b.Select(static m => m.Key)).Order(StringComparer.Ordinal))
                {
                    var here = path + "." + key;
                    if (!a.TryGetPropertyValue(key, out var left) || !b.TryGetPropertyValue(key, out var right))
                    {
                        found.Add(new(here, a[key], b[key]));
                    }
                    else if (!(reordered && key is "message" or "details"))
                    {
                        Compare(left, right, here, found);
                    }
                }

                break;
            case (JsonArray a, JsonArray b):
                IReadOnlyList<JsonNode?> wanted = [.. a], given = [.. b];
                if (path.EndsWith(".managedFields", StringComparison.Ordinal))
                {
                    // Their order depends on the second of the clock.
                    (wanted, given) = (ByManager(wanted), ByManager(given));
                }

                if (wanted.Count != given.Count)
                {
                    found.Add(new(path + "[]", $"length {wanted.Count}", $"length {given.Count}"));
                }

                for (var i = 0; i < Math.Min(wanted.Count, given.Count); i++)
                {
                    Compare(wanted[i], given[i], $"{path}[{i}]", found);
                }

                break;
            default:
                if (!SameScalar(want, got))
                {
                    found.Add(new(path, want, got));
                }

                break;
        }
    }

    private static List<JsonNode?> ByManager(IReadOnlyList<JsonNode?> entries) =>
        [.. entries.OrderBy(static e => string.Join('\n', e?["manager"], e?["operation"], e?["subresource"]?.ToString() ?? "None", e?["apiVersion"]), StringComparer.Ordinal)];

    private static bool SameScalar(JsonNode? want, JsonNode? got)
    {
        if (want is not JsonValue a || got is not JsonValue b)
        {
            return want is null && got is null;
        }

        if (a.GetValueKind() != b.GetValueKind())
        {
            return false;
        }

        if (a.GetValueKind() != JsonValueKind.Number)
        {
            return JsonNode.DeepEquals(a, b);
        }

        var (left, right) = (a.ToJsonString(), b.ToJsonString());
        return left == right || (Double(left) == Double(right) && (!long.TryParse(left, out _) || !long.TryParse(right, out _)));

        static double Double(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }
}
