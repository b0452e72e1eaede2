using System.Globalization;
using System.Numerics;
using System.Text;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Library;

/// <summary><c>'%s is %d'.format([…])</c>.</summary>
internal static class StringFormat
{
    private const int DefaultPrecision = 6;

    public static CelValue Format(string format, CelList arguments)
    {
        var result = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            if (++i >= format.Length)
            {
                return Fault("unexpected end of string");
            }

            if (format[i] == '%')
            {
                result.Append('%');
                continue;
            }

            if (next >= arguments.Count)
            {
                return CelValue.Error($"index {next} out of range");
            }

            var argument = arguments[next++];
            int? precision = null;
            if (format[i] == '.')
            {
                var end = i + 1;
                while (end < format.Length && char.IsAsciiDigit(format[end]))
                {
                    end++;
                }

                if (end >= format.Length)
                {
                    return Fault("could not find end of precision specifier");
                }

                precision = int.TryParse(format.AsSpan(i + 1, end - i - 1), out var digits) ? digits : 0;
                i = end;
            }

            var text = Clause(format[i], argument, precision, out var fault);
            if (fault.Length > 0)
            {
                return CelValue.Error(fault);
            }

            result.Append(text);
        }

        return result.ToString();
    }

    private static CelValue Fault(string what) => CelValue.Error($"could not parse formatting clause: {what}");

    private static string Clause(char verb, in CelValue value, int? precision, out string fault)
    {
        fault = "";
        switch (verb)
        {
            case 's':
                return Text(value, ref fault);
            case 'd':
                return value.Kind is CelKind.Int or CelKind.UInt || Special(value) is not null ? Special(value) ?? value.ToString() : Wrong("decimal clause can only be used on integers", value, out fault);
            case 'f':
                return value.IsNumber ? Special(value) ?? Fixed(value, precision) : NumberFromText(value) ?? Wrong("fixed-point clause can only be used on doubles", value, out fault);
            case 'e':
                return value.IsNumber ? Special(value) ?? Scientific(value, precision) : NumberFromText(value) ?? Wrong("scientific clause can only be used on doubles", value, out fault);
            case 'b':
                return value.Kind switch
                {
                    CelKind.Int => Signed(value.AsInt, 2),
                    CelKind.UInt => ToBase(value.AsUInt, 2),
                    CelKind.Bool => value.AsBool ? "1" : "0",
                    _ => Wrong("only integers and bools can be formatted as binary", value, out fault),
                };
            case 'o':
                return value.Kind switch
                {
                    CelKind.Int => Signed(value.AsInt, 8),
                    CelKind.UInt => ToBase(value.AsUInt, 8),
                    _ => Wrong("octal clause can only be used on integers", value, out fault),
                };
            case 'x' or 'X':
                var hex = value.Kind switch
                {
                    CelKind.Int => Signed(value.AsInt, 16),
                    CelKind.UInt => ToBase(value.AsUInt, 16),
                    CelKind.String => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value.AsString)),
                    CelKind.Bytes => Convert.ToHexStringLower(value.AsBytes.Data.Span),
                    _ => Wrong("only integers, byte buffers, and strings can be formatted as hex", value, out fault),
                };
                return verb == 'X' ? hex.ToUpperInvariant() : hex;
            default:
                fault = $"could not parse formatting clause: unrecognized formatting clause \"{verb}\"";
                return "";
        }
    }

    private static string Wrong(string what, in CelValue value, out string fault)
    {
        fault = $"error during formatting: {what}, was given {value.Type.Name}";
        return "";
    }

    private static string? NumberFromText(in CelValue value) =>
        value.IsString ? value.AsString switch { "NaN" => "NaN", "Infinity" => "Infinity", "-Infinity" => "-Infinity", _ => null } : null;

    private static string? Special(in CelValue value) => value.Kind != CelKind.Double ? null
        : double.IsNaN(value.AsDouble) ? "NaN"
        : double.IsPositiveInfinity(value.AsDouble) ? "Infinity"
        : double.IsNegativeInfinity(value.AsDouble) ? "-Infinity"
        : null;

    private static double Number(in CelValue value) => value.Kind switch
    {
        CelKind.Int => value.AsInt,
        CelKind.UInt => value.AsUInt,
        _ => value.AsDouble,
    };

    private static string Fixed(in CelValue value, int? precision) =>
        Number(value).ToString("F" + (precision ?? DefaultPrecision).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Scientific(in CelValue value, int? precision)
    {
        var digits = precision ?? DefaultPrecision;
        return Number(value).ToString(digits == 0 ? "0e+00" : $"0.{new string('0', digits)}e+00", CultureInfo.InvariantCulture);
    }

    private static string Signed(long value, int radix) => value < 0 ? "-" + ToBase((ulong)-(BigInteger)value, radix) : ToBase((ulong)value, radix);

    private static string ToBase(ulong value, int radix)
    {
        if (value == 0)
        {
            return "0";
        }

        var digits = new StringBuilder();
        for (; value > 0; value /= (ulong)radix)
        {
            digits.Insert(0, "0123456789abcdef"[(int)(value % (ulong)radix)]);
        }

        return digits.ToString();
    }

    /// <summary>A value as text: in lists and maps strings are quoted, and keys are in order.</summary>
    private static string Text(in CelValue value, ref string fault, bool nested = false)
    {
        switch (value.Kind)
        {
            case CelKind.String:
                return nested ? StandardLibrary.Quote(value.AsString) : value.AsString;
            case CelKind.Null or CelKind.Bool or CelKind.Int or CelKind.UInt:
                return value.ToString();
            case CelKind.Double:
                return Special(value) is { } special ? nested ? $"\"{special}\"" : special : value.ToString();
            case CelKind.Bytes:
                return nested ? $"b{StandardLibrary.Quote(value.ToString())}" : value.ToString();
            case CelKind.Duration:
                var duration = CelDurations.SecondsString(value.AsNanoseconds);
                return nested ? $"duration(\"{duration}\")" : duration;
            case CelKind.Timestamp:
                return nested ? $"timestamp(\"{value}\")" : value.ToString();
            case CelKind.Type:
                return ((Types.CelType)value.Reference!).Name;
            case CelKind.List:
                var items = new string[value.AsList.Count];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = Text(value.AsList[i], ref fault, nested: true);
                }

                return $"[{string.Join(", ", items)}]";
            case CelKind.Map:
                var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
                foreach (var key in value.AsMap.Keys)
                {
                    value.AsMap.TryGet(key, out var inner);
                    entries[Text(key, ref fault, nested: true)] = Text(inner, ref fault, nested: true);
                }

                return $"{{{string.Join(", ", entries.Select(e => $"{e.Key}:{e.Value}"))}}}";
            default:
                fault = $"error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given {value.Type.Name}";
                return "";
        }
    }
}
