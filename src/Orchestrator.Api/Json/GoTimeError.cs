namespace Orchestrator.Api.Json;

/// <summary>The message of Go's time.Parse for a text that does not fit the layout.</summary>
internal static class GoTimeError
{
    public static string Describe(string text, string layout)
    {
        // 1. Walk the layout's parts until one does not fit; name it and what is left.
        var rest = text.AsSpan();
        foreach (var (part, literal) in Parts(layout))
        {
            if (literal.Length > 0)
            {
                if (!rest.StartsWith(literal))
                {
                    return Message(text, layout, literal, rest);
                }

                rest = rest[literal.Length..];
            }

            switch (part)
            {
                case "2006":
                    if (rest.Length < 4 || !Digits(rest[..4]))
                    {
                        return Message(text, layout, part, rest);
                    }

                    rest = rest[4..];
                    break;
                case "01" or "02" or "15" or "04" or "05":
                    var width = rest.Length >= 2 && Digits(rest[..2]) ? 2 : 0;
                    if (width == 0 && part == "15" && rest.Length >= 1 && Digits(rest[..1]))
                    {
                        width = 1;
                    }

                    if (width == 0)
                    {
                        return Message(text, layout, part, rest);
                    }

                    var number = int.Parse(rest[..width]);
                    var range = part switch
                    {
                        "01" when number is < 1 or > 12 => "month",
                        "02" when number > 31 => "day",
                        "15" when number > 23 => "hour",
                        "04" when number > 59 => "minute",
                        "05" when number > 59 => "second",
                        _ => null,
                    };
                    if (range is not null)
                    {
                        return $"parsing time {GoText.QuoteBytes(text)}: {range} out of range";
                    }

                    rest = rest[width..];
                    if (part == "05" && !layout.Contains(".000000", StringComparison.Ordinal) && rest.Length > 1 && rest[0] is '.' or ',' && char.IsAsciiDigit(rest[1]))
                    {
                        var end = 1;
                        while (end < rest.Length && char.IsAsciiDigit(rest[end]))
                        {
                            end++;
                        }

                        rest = rest[end..];
                    }

                    break;
                case ".000000":
                    if (rest.Length < 7 || rest[0] is not ('.' or ',') || !Digits(rest[1..7]))
                    {
                        return Message(text, layout, part, rest);
                    }

                    rest = rest[7..];
                    break;
                default:
                    if (rest.Length > 0 && rest[0] == 'Z')
                    {
                        rest = rest[1..];
                        break;
                    }

                    if (rest.Length < 6 || rest[0] is not ('+' or '-') || rest[3] != ':' || !Digits(rest[1..3]) || !Digits(rest[4..6]))
                    {
                        return Message(text, layout, "Z07:00", rest);
                    }

                    rest = rest[6..];
                    break;
            }
        }

        return rest.Length > 0
            ? $"parsing time {GoText.QuoteBytes(text)}: extra text: {GoText.QuoteBytes(rest.ToString())}"
            : $"parsing time {GoText.QuoteBytes(text)}: day out of range";
    }

    private static IEnumerable<(string Part, string Literal)> Parts(string layout)
    {
        yield return ("2006", "");
        yield return ("01", "-");
        yield return ("02", "-");
        yield return ("15", "T");
        yield return ("04", ":");
        yield return ("05", ":");
        if (layout.Contains(".000000", StringComparison.Ordinal))
        {
            yield return (".000000", "");
        }

        yield return ("Z07:00", "");
    }

    private static bool Digits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static string Message(string text, string layout, string part, ReadOnlySpan<char> rest) =>
        $"parsing time {GoText.QuoteBytes(text)} as {GoText.QuoteBytes(layout)}: cannot parse {GoText.QuoteBytes(rest.ToString())} as {GoText.QuoteBytes(part)}";
}
