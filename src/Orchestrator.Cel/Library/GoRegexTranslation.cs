using System.Globalization;
using System.Text;

namespace Orchestrator.Cel.Library;

/// <summary>Reads a regular expression of RE2's syntax and writes the same for .NET. Used once.</summary>
internal sealed class GoRegexTranslation(string pattern)
{
    private const int RepeatMax = 1000;
    private readonly StringBuilder _output = new();
    private readonly Stack<(int Start, bool MultiLine)> _groups = [];
    private int _at;
    private bool _multiLine;

    // Where the last thing that can be repeated begins; -1 if there is none.
    private int _repeatable = -1;

    /// <exception cref="FormatException">It is not of RE2's syntax; the message is Go's.</exception>
    public string Translate()
    {
        while (_at < pattern.Length)
        {
            Next();
        }

        if (_groups.Count > 0)
        {
            throw Fault("missing closing )", pattern);
        }

        return _output.ToString();
    }

    private static FormatException Fault(string what, string where) => new($"error parsing regexp: {what}: `{where}`");

    private void Next()
    {
        var start = _at;
        var c = pattern[_at];
        switch (c)
        {
            case '(':
                Open();
                return;
            case ')':
                if (_groups.Count == 0)
                {
                    throw Fault("unexpected )", pattern);
                }

                _multiLine = _groups.Pop().MultiLine;
                Emit(")", 1, start);
                return;
            case '[':
                Class();
                return;
            case '*' or '+' or '?':
                Repeat(start, 1);
                return;
            case '{':
                Braces();
                return;
            case '\\':
                Escape();
                return;
            case '|':
                Emit("|", 1, -1);
                return;
            case '^':
                Emit(_multiLine ? "(?m:^)" : "\\A", 1, start);
                return;
            case '$':
                Emit(_multiLine ? "(?m:$)" : "\\z", 1, start);
                return;
            case '#' or ' ':
                Emit("\\" + c, 1, start);
                return;
            default:
                // A pair of surrogates is one character, and so is what is repeated.
                var length = char.IsSurrogatePair(pattern, _at) ? 2 : 1;
                var text = pattern.Substring(_at, length);
                Emit(length == 2 ? $"(?:{text})" : text, length, start);
                return;
        }
    }

    private void Emit(string text, int read, int repeatable)
    {
        _output.Append(text);
        _at += read;
        _repeatable = repeatable;
    }

    private void Repeat(int start, int length)
    {
        var lazy = _at + length < pattern.Length && pattern[_at + length] == '?';
        if (_repeatable < 0)
        {
            throw Fault("missing argument to repetition operator", pattern.Substring(start, length));
        }

        var end = _at + length + (lazy ? 1 : 0);
        if (end < pattern.Length && (pattern[end] is '*' or '+' or '?'))
        {
            throw Fault("invalid nested repetition operator", pattern[start..(end + 1)]);
        }

        _output.Append(pattern, start, end - start);
        _at = end;

        // What is repeated cannot be repeated again without a group.
        _repeatable = -1;
    }

    private void Braces()
    {
        var close = pattern.IndexOf('}', _at);
        var parts = close < 0 ? [] : pattern[(_at + 1)..close].Split(',');
        if (close < 0 || parts.Length > 2 || !parts[0].All(char.IsAsciiDigit) || parts[0].Length == 0 || !parts[^1].All(char.IsAsciiDigit))
        {
            Emit("\\{", 1, _at);
            return;
        }

        var least = Count(parts[0]);
        var most = parts.Length == 1 ? least : parts[1].Length == 0 ? -1 : Count(parts[1]);
        if (least > RepeatMax || most > RepeatMax || (most >= 0 && least > most))
        {
            throw Fault("invalid repeat count", pattern[_at..(close + 1)]);
        }

        Repeat(_at, close + 1 - _at);
    }

    private static int Count(string digits) => digits.Length > 6 ? int.MaxValue : int.Parse(digits, CultureInfo.InvariantCulture);

    private void Open()
    {
        var start = _at;
        if (_at + 1 >= pattern.Length || pattern[_at + 1] != '?')
        {
            _groups.Push((start, _multiLine));
            Emit("(", 1, -1);
            return;
        }

        var rest = pattern[(_at + 2)..];
        var nameAt = rest.StartsWith("P<", StringComparison.Ordinal) ? 2 : rest.StartsWith('<') ? 1 : 0;
        if (nameAt > 0)
        {
            var end = rest.IndexOf('>', StringComparison.Ordinal);
            var name = end < 0 ? "" : rest[nameAt..end];
            if (name.Length == 0 || !name.All(c => c == '_' || char.IsAsciiLetterOrDigit(c)))
            {
                throw Fault("invalid named capture", end < 0 ? pattern[start..] : pattern[start..(start + 3 + end)]);
            }

            _groups.Push((start, _multiLine));
            Emit($"(?<n{name}>", 2 + end + 1, -1);
            return;
        }

        Flags(rest);
    }

    private void Flags(string rest)
    {
        var start = _at;
        var on = true;
        var flags = new StringBuilder();
        var multiLine = _multiLine;
        for (var i = 0; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case 'i' or 's':
                    flags.Append(rest[i]);
                    break;
                case 'm':
                    multiLine = on;
                    break;
                case '-' when on && i + 1 < rest.Length && rest[i + 1] is not (':' or ')'):
                    on = false;
                    flags.Append('-');
                    break;
                case ':':
                    _groups.Push((start, _multiLine));
                    _multiLine = multiLine;
                    Emit($"(?{flags.ToString().TrimEnd('-')}:", i + 3, -1);
                    return;
                case ')' when i > 0:
                    _multiLine = multiLine;
                    var text = flags.ToString().TrimEnd('-');
                    Emit(text.Length == 0 ? "" : $"(?{text})", i + 3, -1);
                    return;
                default:
                    throw Fault("invalid or unsupported Perl syntax", pattern[start..Math.Min(pattern.Length, start + i + 3)]);
            }
        }

        throw Fault("missing closing )", pattern);
    }

    private void Escape()
    {
        var start = _at;
        if (_at + 1 >= pattern.Length)
        {
            throw Fault("trailing backslash at end of expression", "");
        }

        var c = pattern[_at + 1];
        switch (c)
        {
            case 'Q':
                var end = pattern.IndexOf("\\E", _at + 2, StringComparison.Ordinal);
                var literal = end < 0 ? pattern[(_at + 2)..] : pattern[(_at + 2)..end];
                Emit(System.Text.RegularExpressions.Regex.Escape(literal), literal.Length + (end < 0 ? 2 : 4), literal.Length == 0 ? -1 : start);
                return;
            case 'A' or 'z':
                Emit("\\" + c, 2, start);
                return;
            case 'b' or 'B':
                Emit("\\" + c, 2, start);
                return;
            default:
                var set = Shorthand(out var read) ?? EscapedCharacter(out read);
                Emit(set, read, start);
                return;
        }
    }

    /// <summary>Classes that are written with a backslash, in ASCII as RE2 has them; null for anything else.</summary>
    private string? Shorthand(out int read, bool inClass = false)
    {
        read = 2;
        var c = pattern[_at + 1];
        var (set, negated) = c switch
        {
            'd' => ("0-9", false),
            'D' => ("0-9", true),
            's' => ("\\t\\n\\f\\r ", false),
            'S' => ("\\t\\n\\f\\r ", true),
            'w' => ("0-9A-Za-z_", false),
            'W' => ("0-9A-Za-z_", true),
            _ => ("", false),
        };
        if (set.Length > 0)
        {
            return inClass ? negated ? AsciiComplement(c) : set : negated ? $"[^{set}]" : $"[{set}]";
        }

        if (c is not ('p' or 'P'))
        {
            return null;
        }

        var braced = _at + 2 < pattern.Length && pattern[_at + 2] == '{';
        var close = braced ? pattern.IndexOf('}', _at) : _at + 2;
        if (close < 0 || close >= pattern.Length)
        {
            throw Fault("invalid character class range", pattern[_at..]);
        }

        var name = braced ? pattern[(_at + 3)..close] : pattern.Substring(_at + 2, 1);
        var inverted = name.StartsWith('^');
        name = name.TrimStart('^');
        read = close + 1 - _at;
        var translated = name switch
        {
            "Any" => "\\s\\S",
            "Latin" => "A-Za-zªºÀ-ÖØ-öø-ʸ",
            "Greek" => "\\p{IsGreek}",
            "Cyrillic" => "\\p{IsCyrillic}",
            "Han" => "\\p{IsCJKUnifiedIdeographs}",
            { Length: <= 2 } => $"\\p{{{name}}}",
            _ => throw Fault("invalid character class range", pattern.Substring(_at, read)),
        };
        var negate = inverted != (c == 'P');
        if (!negate)
        {
            return inClass ? translated : $"[{translated}]";
        }

        return inClass ? translated.Replace("\\p{", "\\P{", StringComparison.Ordinal) : $"[^{translated}]";
    }

    private static string AsciiComplement(char c) => c switch
    {
        'D' => "\\0-/:-\\uFFFF",
        'S' => "\\0-\\x08\\x0B\\x0E-\\x1F!-\\uFFFF",
        _ => "\\0-/:-@\\[-\\^`{-\\uFFFF",
    };

    private string EscapedCharacter(out int read)
    {
        var c = pattern[_at + 1];
        read = 2;
        switch (c)
        {
            case 'a' or 'f' or 't' or 'n' or 'r' or 'v':
                return "\\" + c;
            case 'x':
                var braced = _at + 2 < pattern.Length && pattern[_at + 2] == '{';
                var close = braced ? pattern.IndexOf('}', _at) : _at + 3;
                var digits = braced ? close < 0 ? "" : pattern[(_at + 3)..close] : _at + 4 <= pattern.Length ? pattern.Substring(_at + 2, 2) : "";
                if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
                {
                    throw Fault("invalid escape sequence", pattern[_at..Math.Min(pattern.Length, _at + 4)]);
                }

                read = close + 1 - _at;
                return System.Text.RegularExpressions.Regex.Escape(new Rune(code).ToString());
            case >= '0' and <= '7' when c == '0' || (_at + 2 < pattern.Length && pattern[_at + 2] is >= '0' and <= '7'):
                var end = _at + 1;
                while (end < pattern.Length && end < _at + 4 && pattern[end] is >= '0' and <= '7')
                {
                    end++;
                }

                read = end - _at;
                return $"\\x{Convert.ToInt32(pattern[(_at + 1)..end], 8):X2}";
            default:
                return !char.IsAsciiLetterOrDigit(c) && c < 128
                    ? "\\" + c
                    : throw Fault("invalid escape sequence", "\\" + c);
        }
    }

    private void Class()
    {
        var start = _at;
        _output.Append('[');
        _at++;
        if (_at < pattern.Length && pattern[_at] == '^')
        {
            _output.Append('^');
            _at++;
        }

        var first = true;
        while (_at < pattern.Length && (first || pattern[_at] != ']'))
        {
            first = false;
            ClassItem(start);
        }

        if (_at >= pattern.Length)
        {
            throw Fault("missing closing ]", pattern[start..]);
        }

        _output.Append(']');
        _at++;
        _repeatable = start;
    }

    private void ClassItem(int start)
    {
        if (pattern[_at] == '[' && _at + 1 < pattern.Length && pattern[_at + 1] == ':')
        {
            var close = pattern.IndexOf(":]", _at + 2, StringComparison.Ordinal);
            if (close >= 0)
            {
                var name = pattern[(_at + 2)..close];
                _output.Append(Posix(name, pattern[_at..(close + 2)]));
                _at = close + 2;
                return;
            }
        }

        if (pattern[_at] == '\\' && _at + 1 < pattern.Length && Shorthand(out var read, inClass: true) is { } set)
        {
            _output.Append(set);
            _at += read;
            return;
        }

        var from = _at;
        var low = ClassCharacter(start);
        if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']')
        {
            _at++;
            var high = ClassCharacter(start);
            if (string.CompareOrdinal(Plain(low), Plain(high)) > 0)
            {
                throw Fault("invalid character class range", pattern[from.._at]);
            }

            _output.Append(low).Append('-').Append(high);
            return;
        }

        _output.Append(low);
    }

    private static string Plain(string item) => item.Length == 2 && item[0] == '\\' ? item[1..] : item;

    private string ClassCharacter(int start)
    {
        if (_at >= pattern.Length)
        {
            throw Fault("missing closing ]", pattern[start..]);
        }

        var c = pattern[_at];
        if (c == '\\')
        {
            if (_at + 1 >= pattern.Length)
            {
                throw Fault("missing closing ]", pattern[start..]);
            }

            var escaped = EscapedCharacter(out var read);
            _at += read;
            return escaped is "." or "-" or "[" or "]" or "^" ? "\\" + escaped : escaped;
        }

        _at++;

        // .NET would read a bracket here as the beginning of a subtraction.
        return c is '[' or ']' or '^' or '-' ? "\\" + c : c.ToString();
    }

    private static string Posix(string name, string text) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\0-\\x7F",
        "blank" => "\\t ",
        "cntrl" => "\\0-\\x1F\\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => throw Fault("invalid character class range", text),
    };
}
