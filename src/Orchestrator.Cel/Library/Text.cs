using System.Text;

namespace Orchestrator.Cel.Library;

/// <summary>Strings as sequences of code points.</summary>
internal static class Text
{
    /// <summary>The number of code points.</summary>
    public static int Length(string text)
    {
        var count = text.Length;
        for (var i = 0; i < text.Length - 1; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1]))
            {
                count--;
                i++;
            }
        }

        return count;
    }

    /// <summary>Whether positions in UTF-16 and in code points are the same.</summary>
    public static bool IsSimple(string text) => !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    /// <summary>The position in UTF-16 of a code point's position.</summary>
    public static int Offset(string text, int point)
    {
        if (IsSimple(text))
        {
            return point;
        }

        var offset = 0;
        while (point-- > 0)
        {
            offset += char.IsSurrogatePair(text, offset) ? 2 : 1;
        }

        return offset;
    }

    /// <summary>The code point's position of a position in UTF-16.</summary>
    public static int Point(string text, int offset) => IsSimple(text) ? offset : Length(text[..offset]);

    public static IEnumerable<string> Characters(string text) => text.EnumerateRunes().Select(r => r.ToString());

    public static string Reverse(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var character in Characters(text).Reverse())
        {
            result.Append(character);
        }

        return result.ToString();
    }
}
