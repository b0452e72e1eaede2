using System.Text;

namespace Orchestrator.Api;

/// <summary>The fact tables that are read at run time: tab separated, one header line, no quoting.</summary>
public static class EmbeddedTable
{
    /// <summary>The rows of a table without its header, each padded to the header's width.</summary>
    /// <exception cref="ArgumentException">There is no such table.</exception>
    public static IEnumerable<string[]> Rows(string fileName)
    {
        using var stream = typeof(EmbeddedTable).Assembly.GetManifestResourceStream(fileName)
            ?? throw new ArgumentException($"There is no table {fileName}.", nameof(fileName));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var width = reader.ReadLine()!.Split('\t').Length;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            var cells = line.Split('\t');
            if (cells.Length < width)
            {
                var count = cells.Length;
                Array.Resize(ref cells, width);
                Array.Fill(cells, "", count, width - count);
            }

            yield return cells;
        }
    }
}
