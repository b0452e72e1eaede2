using System.Text;

namespace Orchestrator.Cel.Syntax;

/// <summary>The text of an expression as code points, which positions count.</summary>
internal sealed class CelSource
{
    private readonly int[] _points;
    private readonly List<int> _lineStarts = [0];

    public CelSource(string text)
    {
        Text = text;
        _points = [.. text.EnumerateRunes().Select(r => r.Value)];
        for (var i = 0; i < _points.Length; i++)
        {
            if (_points[i] == '\n')
            {
                _lineStarts.Add(i + 1);
            }
        }
    }

    public string Text { get; }

    public int Length => _points.Length;

    /// <summary>A code point; -1 past the end.</summary>
    public int this[int position] => position < _points.Length ? _points[position] : -1;

    /// <summary>A part of the text; what lies past the end is left out.</summary>
    public string Slice(int start, int end)
    {
        var text = new StringBuilder();
        for (var i = start; i < Math.Min(end, _points.Length); i++)
        {
            text.Append(new Rune(_points[i]));
        }

        return text.ToString();
    }

    /// <summary>Line from 1 and column from 0 of a position.</summary>
    public (int Line, int Column) Locate(int position)
    {
        var line = _lineStarts.BinarySearch(position);
        line = line < 0 ? ~line - 1 : line;
        return (line + 1, position - _lineStarts[line]);
    }

    /// <summary>A line's text without its end.</summary>
    public string Line(int line)
    {
        var start = _lineStarts[line - 1];
        var end = line < _lineStarts.Count ? _lineStarts[line] - 1 : _points.Length;
        return Slice(start, end);
    }
}
