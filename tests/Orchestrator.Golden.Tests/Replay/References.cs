using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>Fills <c>${step.path}</c> in requests from the answers of earlier steps.</summary>
internal sealed partial class References
{
    private readonly Dictionary<string, JsonNode?> _answers = [];

    public void Add(string step, JsonNode? body) => _answers[step] = body;

    public string Fill(string text) => Reference().Replace(text, match =>
    {
        var value = _answers[match.Groups[1].Value];
        foreach (var part in match.Groups[2].Value.Split('.'))
        {
            value = value is JsonArray list ? list[int.Parse(part, CultureInfo.InvariantCulture)] : value?[part];
        }

        return value?.ToString() ?? throw new InvalidOperationException($"{match.Value} names nothing in the answer");
    });

    public JsonNode? Fill(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(m => KeyValuePair.Create(Fill(m.Key), Fill(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Fill)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Fill(value.GetValue<string>()),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex(@"\$\{([\w-]+)\.([\w.\-/]+)\}")]
    private static partial Regex Reference();
}
