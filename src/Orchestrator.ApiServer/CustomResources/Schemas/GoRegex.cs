using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>
/// Regular expressions in Go's syntax (RE2), matched in linear time: a pattern is a user's text and must not be able to hold the server up.
/// </summary>
internal static class GoRegex
{
    /// <summary>The compiled pattern; null if it is none.</summary>
    public static Regex? TryCompile(string pattern)
    {
        try
        {
            return new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception unusable) when (unusable is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>What differs: classes like \d are ASCII, $ is the very end, groups are named (?P&lt;x&gt;), classes have POSIX names.</summary>
    private static string Translate(string pattern)
    {
        var text = new StringBuilder(pattern.Length + 16);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                var next = pattern[++i];
                text.Append(next switch
                {
                    'd' => inClass ? "0-9" : "[0-9]",
                    'w' => inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]",
                    's' => inClass ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]",
                    'D' when !inClass => "[^0-9]",
                    'W' when !inClass => "[^0-9A-Za-z_]",
                    'S' when !inClass => "[^\\t\\n\\f\\r ]",
                    'x' when i + 1 < pattern.Length && pattern[i + 1] == '{' => HexEscape(pattern, ref i),
                    'p' or 'P' when i + 1 < pattern.Length && pattern[i + 1] != '{' => "\\" + next + "{" + pattern[++i] + "}",
                    _ => "\\" + next,
                });
            }
            else if (inClass && c == '[' && pattern.AsSpan(i).StartsWith("[:") && pattern.IndexOf(":]", i, StringComparison.Ordinal) is var end and > 0)
            {
                text.Append(Posix(pattern[(i + 2)..end]));
                i = end + 1;
            }
            else if (inClass)
            {
                // Subtraction of classes is .NET's own, an opening bracket in a class is a plain character in Go.
                text.Append(c == '[' ? "\\[" : c.ToString());
                inClass = c != ']';
            }
            else if (c == '[')
            {
                inClass = true;
                text.Append(c);
                if (i + 1 < pattern.Length && pattern[i + 1] == '^')
                {
                    text.Append(pattern[++i]);
                }

                if (i + 1 < pattern.Length && pattern[i + 1] == ']')
                {
                    text.Append("\\]");
                    i++;
                }
            }
            else if (c == '$')
            {
                text.Append("\\z");
            }
            else if (c == '(' && pattern.AsSpan(i).StartsWith("(?P<"))
            {
                text.Append("(?<");
                i += 3;
            }
            else
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    private static string HexEscape(string pattern, ref int i)
    {
        var close = pattern.IndexOf('}', i);
        if (close < 0)
        {
            return "\\x";
        }

        var digits = pattern[(i + 2)..close];
        i = close;
        return Regex.Escape(char.ConvertFromUtf32(Convert.ToInt32(digits, 16)));
    }

    private static string Posix(string name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\x00-\\x7F",
        "blank" => "\\t ",
        "cntrl" => "\\x00-\\x1F\\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => throw new ArgumentException("invalid character class range: `[:" + name + ":]`", nameof(name)),
    };
}
