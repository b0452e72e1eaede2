using System.Collections.Generic;

namespace Orchestrator.Api.Generator;

/// <summary>Splits the tables: UTF-8, tab separated, one header line, no quoting; short rows are padded.</summary>
internal static class TableReader
{
    public static IEnumerable<string[]> Rows(string text)
    {
        var lines = text.Split('\n');
        var width = lines[0].Split('\t').Length;
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Length == 0)
            {
                continue;
            }

            var cells = line.Split('\t');
            if (cells.Length < width)
            {
                var padded = new string[width];
                for (var c = 0; c < width; c++)
                {
                    padded[c] = c < cells.Length ? cells[c] : "";
                }

                cells = padded;
            }

            yield return cells;
        }
    }
}
