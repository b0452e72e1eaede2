using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orchestrator.Golden.Tests.Replay;

/// <summary>Replaces the growing ages in a Table's cells: columns of ages and dates, cells without a column, running durations, "(5m ago)".</summary>
internal static partial class TableAges
{
    public static JsonObject Replace(JsonObject table)
    {
        var columns = (table["columnDefinitions"] as JsonArray ?? []).Select(static c => (Name: Text(c?["name"]), Type: Text(c?["type"]))).ToList();
        var result = (JsonObject)table.DeepClone();
        foreach (var row in (JsonArray)result["rows"]!)
        {
            if (row!["cells"] is not JsonArray cells)
            {
                row["cells"] = new JsonArray();
                continue;
            }

            for (var i = 0; i < cells.Count; i++)
            {
                if (Text(cells[i]) is { } text)
                {
                    cells[i] = i < columns.Count ? Cell(text, columns[i].Name, columns[i].Type) : Cell(text, null, null);
                }
            }
        }

        return result;
    }

    private static string Cell(string text, string? name, string? type)
    {
        if (name == "Restarts")
        {
            return RestartedAgo().Replace(text, "(<age> ago)");
        }

        var ages = name is null or "Age" or "Last Seen" or "First Seen" or "Last Schedule"
            || type == "date" || (name == "Duration" && text.Contains('y', StringComparison.Ordinal));
        return ages && WholeAge().IsMatch(text) ? "<age>" : text;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    [GeneratedRegex(@"^\d+[smhdy](\d+[smhd])?\z")]
    private static partial Regex WholeAge();

    [GeneratedRegex(@"\((\d+[smhdy](\d+[smhd])?|<invalid>) ago\)")]
    private static partial Regex RestartedAgo();
}
