using System.Globalization;
using System.Text.RegularExpressions;

namespace Orchestrator.ApiServer.Codecs;

/// <summary>What an unquoted YAML scalar means, as Go's yaml.v2 takes it: YAML 1.1 with its many booleans and octal numbers.</summary>
internal static partial class YamlScalars
{
    /// <summary>Null, bool, long, double or the text itself.</summary>
    public static object? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return true;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return false;
            case ".nan" or ".NaN" or ".NAN":
                return double.NaN;
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return double.PositiveInfinity;
            case "-.inf" or "-.Inf" or "-.INF":
                return double.NegativeInfinity;
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
        {
            return text;
        }

        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (TryInteger(plain, out var integer))
        {
            return integer;
        }

        return Float().IsMatch(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : text;
    }

    /// <summary>Whether a text must be quoted lest it means something else.</summary>
    public static bool IsPlainText(string text) => Resolve(text) is string && text != "<<" && !Base60().IsMatch(text) && !Timestamp().IsMatch(text);

    /// <summary>Whether libyaml writes a text of one line without quotes in a block; what it takes for a key, a comment or an indicator it does not.</summary>
    public static bool CanBePlain(string text)
    {
        if (text.Length == 0 || text[0] == ' ' || text[^1] == ' ' || text.StartsWith("---", StringComparison.Ordinal) || text.StartsWith("...", StringComparison.Ordinal)
            || "#,[]{}&*!|>'\"%@`".Contains(text[0], StringComparison.Ordinal) || (text[0] is ('?' or '-') && (text.Length == 1 || text[1] is ' ' or '\t')))
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if ((text[i] == ':' && (i + 1 == text.Length || text[i + 1] is ' ' or '\t')) || (text[i] == '#' && text[i - 1] is (' ' or '\t')))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryInteger(string text, out object value)
    {
        value = 0L;
        var negative = text[0] == '-';
        var digits = text[0] is '-' or '+' ? text[1..] : text;
        if (digits.Length == 0)
        {
            return false;
        }

        var (body, radix) = digits switch
        {
            ['0', 'x' or 'X', ..] => (digits[2..], 16),
            ['0', 'o' or 'O', ..] => (digits[2..], 8),
            ['0', 'b' or 'B', ..] => (digits[2..], 2),
            ['0', _, ..] => (digits[1..], 8),
            _ => (digits, 10),
        };
        UInt128 magnitude = 0;
        foreach (var c in body)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix || magnitude > ulong.MaxValue)
            {
                return false;
            }

            magnitude = (magnitude * (uint)radix) + (uint)digit;
        }

        if (body.Length == 0 || magnitude > (negative ? (UInt128)long.MaxValue + 1 : ulong.MaxValue))
        {
            return false;
        }

        // Each boxed as what it is: a conditional of both would make a double of every integer.
        value = negative ? (object)(long)-(Int128)magnitude : magnitude <= long.MaxValue ? (object)(long)magnitude : (double)magnitude;
        return true;
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$")]
    private static partial Regex Base60();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$")]
    private static partial Regex Timestamp();
}
