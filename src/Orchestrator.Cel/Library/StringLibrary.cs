using System.Text;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Functions of strings, positions counted in code points.</summary>
internal static class StringLibrary
{
    private static readonly CelType Strings = T.List(T.String);

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function("charAt", Member("string_char_at_int", [T.String, T.Int], T.String, CharAt)),
        Function(
            "indexOf",
            Member("string_index_of_string", [T.String, T.String], T.Int, a => IndexOf(a[0].AsString, a[1].AsString, 0)),
            Member("string_index_of_string_int", [T.String, T.String, T.Int], T.Int, a => IndexOf(a[0].AsString, a[1].AsString, a[2].AsInt))),
        Function(
            "lastIndexOf",
            Member("string_last_index_of_string", [T.String, T.String], T.Int, a => LastIndexOf(a[0].AsString, a[1].AsString, null)),
            Member("string_last_index_of_string_int", [T.String, T.String, T.Int], T.Int, a => LastIndexOf(a[0].AsString, a[1].AsString, a[2].AsInt))),
        Function("lowerAscii", Member("string_lower_ascii", [T.String], T.String, a => Ascii(a[0].AsString, upper: false))),
        Function("upperAscii", Member("string_upper_ascii", [T.String], T.String, a => Ascii(a[0].AsString, upper: true))),
        Function(
            "replace",
            Member("string_replace_string_string", [T.String, T.String, T.String], T.String, a => Replace(a[0].AsString, a[1].AsString, a[2].AsString, -1)),
            Member(
                "string_replace_string_string_int",
                [T.String, T.String, T.String, T.Int],
                T.String,
                a => Replace(a[0].AsString, a[1].AsString, a[2].AsString, a[3].AsInt))),
        Function(
            "split",
            Member("string_split_string", [T.String, T.String], Strings, a => Split(a[0].AsString, a[1].AsString, -1)),
            Member("string_split_string_int", [T.String, T.String, T.Int], Strings, a => Split(a[0].AsString, a[1].AsString, a[2].AsInt))),
        Function(
            "substring",
            Member("string_substring_int", [T.String, T.Int], T.String, a => Substring(a[0].AsString, a[1].AsInt, null)),
            Member("string_substring_int_int", [T.String, T.Int, T.Int], T.String, a => Substring(a[0].AsString, a[1].AsInt, a[2].AsInt))),
        Function("trim", Member("string_trim", [T.String], T.String, a => a[0].AsString.Trim())),
        Function(
            "join",
            Member("list_join", [Strings], T.String, a => Join(a[0].AsList, "")),
            Member("list_join_string", [Strings, T.String], T.String, a => Join(a[0].AsList, a[1].AsString))),
        Function("format", Member("string_format", [T.String, T.List(T.Dyn)], T.String, a => StringFormat.Format(a[0].AsString, a[1].AsList))),
        Function("strings.quote", Global("strings_quote", [T.String], T.String, a => Quote(a[0].AsString))),
        Function("find", Member("string_find_string", [T.String, T.String], T.String, Find)),
        Function(
            "findAll",
            Member("string_find_all_string", [T.String, T.String], Strings, a => FindAll(a, -1)),
            Member("string_find_all_string_int", [T.String, T.String, T.Int], Strings, a => FindAll(a, a[2].AsInt))),
    ];

    /// <summary>What expressions that make JSON patches have besides.</summary>
    public static CelFunction EscapesPatchKeys { get; } =
        Function("jsonpatch.escapeKey", Global("string_jsonpatch_escapeKey_string", [T.String], T.String, EscapeKey));

    private static CelValue EscapeKey(CelValue[] a) => a[0].AsString.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static CelValue Find(CelValue[] a) => GoRegex.Get(a[1].AsString, out var fault) is { } regex
        ? regex.Find(a[0].AsString)
        : CelValue.Error($"Illegal regex: {fault}");

    private static CelValue FindAll(CelValue[] a, long limit) => GoRegex.Get(a[1].AsString, out var fault) is { } regex
        ? new CelArray([.. regex.FindAll(a[0].AsString, limit).Select(CelValue.String)])
        : CelValue.Error($"Illegal regex: {fault}");

    private static CelValue OutOfRange(long index) => CelValue.Error($"index out of range: {index}");

    private static CelValue CharAt(CelValue[] a)
    {
        var (text, at) = (a[0].AsString, a[1].AsInt);
        var length = Text.Length(text);
        if (at < 0 || at > length)
        {
            return OutOfRange(at);
        }

        if (at == length)
        {
            return "";
        }

        var offset = Text.Offset(text, (int)at);
        return text.Substring(offset, char.IsSurrogatePair(text, offset) ? 2 : 1);
    }

    private static CelValue IndexOf(string text, string part, long from)
    {
        if (from < 0 || from > Text.Length(text))
        {
            return OutOfRange(from);
        }

        var found = text.IndexOf(part, Text.Offset(text, (int)from), StringComparison.Ordinal);
        return CelValue.Int(found < 0 ? -1 : Text.Point(text, found));
    }

    private static CelValue LastIndexOf(string text, string part, long? from)
    {
        var length = Text.Length(text);
        if (from is { } start && (start < 0 || start > length))
        {
            return OutOfRange(start);
        }

        if (part.Length == 0)
        {
            return CelValue.Int(from ?? length);
        }

        // The match may begin at that place at the latest.
        var last = from is { } at ? Text.Offset(text, (int)at) : text.Length;
        var end = Math.Min(text.Length, last + part.Length);
        var found = text.AsSpan(0, end).LastIndexOf(part, StringComparison.Ordinal);
        return CelValue.Int(found < 0 ? -1 : Text.Point(text, found));
    }

    private static string Ascii(string text, bool upper) => string.Create(text.Length, (text, upper), static (output, input) =>
    {
        for (var i = 0; i < output.Length; i++)
        {
            var c = input.text[i];
            output[i] = input.upper
                ? c is >= 'a' and <= 'z' ? (char)(c - 32) : c
                : c is >= 'A' and <= 'Z' ? (char)(c + 32) : c;
        }
    });

    private static CelValue Replace(string text, string old, string replacement, long limit)
    {
        if (limit < 0 && old.Length > 0)
        {
            return text.Replace(old, replacement, StringComparison.Ordinal);
        }

        var result = new StringBuilder();
        var at = 0;
        var done = 0L;
        while (limit < 0 || done < limit)
        {
            int found;
            if (old.Length > 0)
            {
                found = text.IndexOf(old, at, StringComparison.Ordinal);
            }
            else
            {
                // Nothing stands before every character and at the end.
                found = done == 0 ? 0 : at >= text.Length ? -1 : at + (char.IsSurrogatePair(text, at) ? 2 : 1);
            }

            if (found < 0)
            {
                break;
            }

            result.Append(text, at, found - at).Append(replacement);
            at = found + old.Length;
            done++;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static CelArray Split(string text, string separator, long limit)
    {
        if (limit == 0)
        {
            return CelArray.Empty;
        }

        var count = limit < 0 || limit > int.MaxValue ? int.MaxValue : (int)limit;
        if (separator.Length > 0)
        {
            return new([.. text.Split(separator, count).Select(CelValue.String)]);
        }

        var characters = Text.Characters(text).ToArray();
        return characters.Length <= count
            ? new([.. characters.Select(CelValue.String)])
            : new([.. characters[..(count - 1)].Select(CelValue.String), string.Concat(characters[(count - 1)..])]);
    }

    private static CelValue Substring(string text, long from, long? to)
    {
        var length = Text.Length(text);
        if (to is { } upper && from > upper)
        {
            return CelValue.Error($"invalid substring range. start: {from}, end: {upper}");
        }

        if (from < 0 || from > length)
        {
            return OutOfRange(from);
        }

        var end = to ?? length;
        return end < 0 || end > length ? OutOfRange(end) : text[Text.Offset(text, (int)from)..Text.Offset(text, (int)end)];
    }

    private static CelValue Join(CelList list, string separator)
    {
        var parts = new string[list.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!list[i].IsString)
            {
                return CelError.NoSuchOverload;
            }

            parts[i] = list[i].AsString;
        }

        return string.Join(separator, parts);
    }

    private static string Quote(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '\a' => result.Append("\\a"),
                '\b' => result.Append("\\b"),
                '\f' => result.Append("\\f"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\v' => result.Append("\\v"),
                '\\' => result.Append("\\\\"),
                '"' => result.Append("\\\""),
                _ => result.Append(c),
            };
        }

        return result.Append('"').ToString();
    }
}
