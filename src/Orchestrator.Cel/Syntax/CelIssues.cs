using System.Text;

namespace Orchestrator.Cel.Syntax;

/// <summary>The faults found in an expression, and their text with the place pointed out.</summary>
internal sealed class CelIssues(CelSource source)
{
    private const int ReportedMax = 100;
    private readonly List<CelIssue> _issues = [];

    public int Count => _issues.Count;

    public void Add(int position, string message) => _issues.Add(new(Math.Max(position, 0), message));

    /// <summary>All faults by place, each as <c>ERROR: &lt;input&gt;:line:column: message</c> with its line and a caret below.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var ordered = _issues.Select(i => (Where: source.Locate(i.Position), i.Message)).OrderBy(i => i.Where.Line).ThenBy(i => i.Where.Column);
        foreach (var ((line, column), message) in ordered.Take(ReportedMax))
        {
            if (text.Length > 0)
            {
                text.Append('\n');
            }

            if (source.Length == 0)
            {
                // Of nothing there is no column and no line to show.
                text.Append("ERROR: <input>:1:0: ").Append(message);
                continue;
            }

            text.Append("ERROR: <input>:").Append(line).Append(':').Append(column + 1).Append(": ").Append(message);
            AppendSnippet(text, source.Line(line).Replace('\t', ' '), column);
        }

        if (_issues.Count > ReportedMax)
        {
            text.Append('\n').Append(_issues.Count - ReportedMax).Append(" more errors were truncated");
        }

        return text.ToString();
    }

    private static void AppendSnippet(StringBuilder text, string line, int column)
    {
        text.Append("\n | ").Append(line).Append("\n | ");
        var runes = line.EnumerateRunes().ToArray();
        for (var i = 0; i < column && i < runes.Length; i++)
        {
            // Wide dots under what takes more than one byte, so that the caret stays below its place.
            text.Append(runes[i].IsAscii ? '.' : '．');
        }

        text.Append(column < runes.Length && !runes[column].IsAscii ? '＾' : '^');
    }
}
