using System.Globalization;
using System.Numerics;
using System.Text;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Library;

/// <summary><c>'%s is %d'.format([…])</c>. Numbers with a point are written as in American English.</summary>
internal static class StringFormat
{
    private const int DefaultPrecision = 6;

    public static CelValue Format(string format, CelList arguments)
    {
        var result = new StringBuilder();
        var next = 0;
        foreach (var clause in FormatClause.In(format))
        {
            if (clause.Verb == FormatClause.Text)
            {
                result.Append(clause.Literal);
                continue;
            }

            if (next >= arguments.Count)
            {
                return CelValue.Error($"index {next} out of range");
            }

            if (clause.Fault.Length > 0)
            {
                return CelValue.Error(clause.Fault);
            }

            var text = Clause(clause, arguments[next++], out var fault);
            if (fault.Length > 0)
            {
                return CelValue.Error($"error during formatting: {fault}");
            }

            result.Append(text);
        }

        return result.ToString();
    }

    private static string Clause(in FormatClause clause, in CelValue value, out string fault)
    {
        fault = "";
        switch (clause.Verb)
        {
            case 's':
                return Text(value, ref fault);
            case 'd' when value.Kind is CelKind.Int or CelKind.UInt:
                return value.ToString();
            case 'f' when Number(value) is { } number:
                return Special(number) ?? number.ToString("N" + Digits(clause.Precision), CultureInfo.InvariantCulture);
            case 'e' when Number(value) is { } number:
                // Upstream takes the precision for a width.
                return (Special(number) ?? Scientific(number)).PadLeft(clause.Precision ?? 0);
            case 'b' when value.IsBool:
                return value.AsBool ? "1" : "0";
            case 'b' when Based(value, 2) is { } binary:
                return binary;
            case 'o' when Based(value, 8) is { } octal:
                return octal;
            case 'x' or 'X' when Hex(value) is { } hex:
                return clause.Verb == 'X' ? hex.ToUpperInvariant() : hex;
            default:
                fault = $"{FormatClause.Expectation(clause.Verb)}, was given {value.Type.Name}";
                return "";
        }
    }

    private static double? Number(in CelValue value) => value.Kind switch
    {
        // Zero has no sign here.
        CelKind.Double => value.AsDouble == 0 ? 0 : value.AsDouble,
        CelKind.String => value.AsString switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => null,
        },
        _ => null,
    };

    private static string? Special(double value) => double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "∞" : double.IsNegativeInfinity(value) ? "-∞" : null;

    private static string Digits(int? precision) => (precision ?? DefaultPrecision).ToString(CultureInfo.InvariantCulture);

    /// <summary>As <c>1.5×10⁰³</c>.</summary>
    private static string Scientific(double value)
    {
        const string Raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        var text = value.ToString("e" + Digits(null), CultureInfo.InvariantCulture);
        var split = text.IndexOf('e', StringComparison.Ordinal);
        var power = int.Parse(text.AsSpan(split + 1), CultureInfo.InvariantCulture);
        var digits = Math.Abs(power).ToString("00", CultureInfo.InvariantCulture).Select(c => Raised[c - '0']);
        return $"{text[..split]}×10{(power < 0 ? "⁻" : "")}{string.Concat(digits)}";
    }

    private static string? Hex(in CelValue value) => value.Kind switch
    {
        CelKind.String => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value.AsString)),
        CelKind.Bytes => Convert.ToHexStringLower(value.AsBytes.Data.Span),
        _ => Based(value, 16),
    };

    private static string? Based(in CelValue value, int radix) => value.Kind switch
    {
        CelKind.Int => value.AsInt < 0 ? "-" + ToBase((ulong)-(BigInteger)value.AsInt, radix) : ToBase((ulong)value.AsInt, radix),
        CelKind.UInt => ToBase(value.AsUInt, radix),
        _ => null,
    };

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
                return nested ? Plain(value.AsDouble) : value.ToString();
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
                    if (key.Kind is not (CelKind.String or CelKind.Bool or CelKind.Int or CelKind.UInt))
                    {
                        fault = $"no formatting function for map key of type {key.Type.Name}";
                        return "";
                    }

                    value.AsMap.TryGet(key, out var inner);
                    entries[Text(key, ref fault, nested: true)] = Text(inner, ref fault, nested: true);
                }

                return $"{{{string.Join(", ", entries.Select(e => $"{e.Key}:{e.Value}"))}}}";
            default:
                fault = nested ? $"no formatting function for {value.Type.Name}" : $"{FormatClause.Expectation('s')}, was given {value.Type.Name}";
                return "";
        }
    }

    private static string Plain(double value) => double.IsNaN(value) ? "\"NaN\""
        : double.IsPositiveInfinity(value) ? "\"+Inf\""
        : double.IsNegativeInfinity(value) ? "\"-Inf\""
        : value.ToString("F" + Digits(null), CultureInfo.InvariantCulture);
}
