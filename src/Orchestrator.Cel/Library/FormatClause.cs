using System.Globalization;

namespace Orchestrator.Cel.Library;

/// <summary>A part of a format: literal text, or a clause as <c>%.2f</c>.</summary>
/// <param name="Verb">The clause's letter; <see cref="Text"/> for what is no clause.</param>
/// <param name="Literal">The text.</param>
/// <param name="Precision">Digits after the point; null if not given.</param>
/// <param name="Fault">Why the clause cannot be read; "" if it can.</param>
internal readonly record struct FormatClause(char Verb, string Literal, int? Precision, string Fault)
{
    /// <summary>The verb of literal text.</summary>
    public const char Text = '\0';

    // More digits than any double has; beyond it a format would only serve to fill memory.
    private const int PrecisionMax = 1000;

    /// <summary>The parts in their order; the last one is the one that cannot be read.</summary>
    public static IEnumerable<FormatClause> In(string format)
    {
        var at = 0;
        while (at < format.Length)
        {
            var percent = format.IndexOf('%', at);
            if (percent < 0)
            {
                yield return new(Text, format[at..], null, "");
                yield break;
            }

            if (percent > at)
            {
                yield return new(Text, format[at..percent], null, "");
            }

            at = percent + 1;
            if (at < format.Length && format[at] == '%')
            {
                yield return new(Text, "%", null, "");
                at++;
                continue;
            }

            var clause = Read(format, ref at);
            yield return clause;
            if (clause.Fault.Length > 0)
            {
                yield break;
            }
        }
    }

    /// <summary>What a verb asks of its argument, as messages tell it.</summary>
    public static string Expectation(char verb) => verb switch
    {
        'd' => "decimal clause can only be used on integers",
        'f' => "fixed-point clause can only be used on doubles",
        'e' => "scientific clause can only be used on doubles",
        'b' => "only integers and bools can be formatted as binary",
        'o' => "octal clause can only be used on integers",
        'x' or 'X' => "only integers, byte buffers, and strings can be formatted as hex",
        _ => "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    };

    private static FormatClause Read(string format, ref int at)
    {
        if (at >= format.Length)
        {
            return new('%', "", null, "unexpected end of string");
        }

        int? precision = null;
        if (format[at] == '.')
        {
            var start = ++at;
            while (at < format.Length && char.IsAsciiDigit(format[at]))
            {
                at++;
            }

            if (at >= format.Length)
            {
                return Unread("error while parsing precision: could not find end of precision specifier");
            }

            var digits = format[start..at];
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                var why = digits.Length == 0 ? "invalid syntax" : "value out of range";
                return Unread($"error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing \"{digits}\": {why}");
            }

            if (number > PrecisionMax)
            {
                return Unread($"error while parsing precision: precision {number} exceeds maximum allowed precision {PrecisionMax}");
            }

            precision = number;
        }

        var verb = format[at++];
        return verb is 's' or 'd' or 'f' or 'e' or 'b' or 'x' or 'X' or 'o'
            ? new(verb, "", precision, "")
            : Unread($"unrecognized formatting clause \"{verb}\"");
    }

    private static FormatClause Unread(string fault) => new('%', "", null, "could not parse formatting clause: " + fault);
}
