using System.Text.Json.Nodes;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>Changes a JSON body here and there, as the seed has it: values of other types, extremes, absent, doubled and misplaced parts.</summary>
internal sealed class BodyMutator(Random random)
{
    private static readonly Func<JsonNode?>[] Values =
    [
        static () => null, static () => "", static () => "x", static () => ".", static () => "..", static () => "/", static () => "a/b/c", static () => "A_b", static () => "-",
        static () => "*", static () => "0", static () => "-1", static () => "1Gi", static () => "1e99", static () => "999999999999999999999E", static () => "0.0000000001", static () => "50%",
        static () => "-1%", static () => "99999999999%", static () => "::1", static () => "10.0.0.0/33", static () => "\u0000", static () => "\ud83d\ude00", static () => "a\nb", static () => "$(X)",
        static () => new string('x', 300), static () => "2001-01-01T00:00:00Z", static () => "* * * * *", static () => 0, static () => -1, static () => 1, static () => int.MaxValue,
        static () => int.MinValue, static () => long.MaxValue, static () => long.MinValue, static () => 1.5, static () => true, static () => false, static () => new JsonArray(),
        static () => new JsonObject(), static () => new JsonArray(null, null), static () => new JsonArray("", ""), static () => new JsonArray(new JsonObject(), new JsonObject()),
        static () => new JsonObject { [""] = "" }, static () => new JsonObject { ["a"] = null },
    ];

    /// <summary>A changed copy.</summary>
    public JsonNode Mutate(JsonNode body)
    {
        var copy = body.DeepClone();
        for (var changes = 1 + random.Next(3); changes > 0; changes--)
        {
            var places = new List<JsonNode>();
            Collect(copy, places);
            Change(places[random.Next(places.Count)], places);
        }

        return copy;
    }

    private static void Collect(JsonNode node, List<JsonNode> places)
    {
        if (node is JsonObject or JsonArray)
        {
            places.Add(node);
        }

        foreach (var child in node switch
        {
            JsonObject o => o.Select(static p => p.Value),
            JsonArray a => a,
            _ => [],
        })
        {
            if (child is not null)
            {
                Collect(child, places);
            }
        }
    }

    private void Change(JsonNode owner, List<JsonNode> places)
    {
        switch (owner)
        {
            case JsonObject { Count: > 0 } o:
                var key = o.ElementAt(random.Next(o.Count)).Key;
                if (random.Next(5) == 0)
                {
                    o.Remove(key);
                }
                else
                {
                    o[key] = Value(o[key], places);
                }

                break;
            case JsonArray { Count: > 0 } a:
                var index = random.Next(a.Count);
                switch (random.Next(4))
                {
                    case 0:
                        a.Add(a[index]?.DeepClone());
                        break;
                    case 1:
                        a.RemoveAt(index);
                        break;
                    default:
                        a[index] = Value(a[index], places);
                        break;
                }

                break;
        }
    }

    /// <summary>Mostly a value of the same type, which gets past the decoder; else anything, or a part of the body from elsewhere.</summary>
    private JsonNode? Value(JsonNode? old, List<JsonNode> places)
    {
        if (random.Next(6) == 0)
        {
            return places[random.Next(places.Count)].DeepClone();
        }

        for (var tries = 0; ; tries++)
        {
            var value = Values[random.Next(Values.Length)]();
            if (tries > 12 || (value?.GetValueKind() == old?.GetValueKind() && !JsonNode.DeepEquals(value, old)))
            {
                return value;
            }
        }
    }
}
