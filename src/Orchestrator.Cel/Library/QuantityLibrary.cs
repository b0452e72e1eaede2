using System.Globalization;
using System.Numerics;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Amounts of resources, as <c>100m</c> and <c>2Gi</c>.</summary>
internal static class QuantityLibrary
{
    private const string Malformed = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private const string BadSuffix = "unable to parse quantity's suffix";
    private const string BadNumber = "unable to parse numeric part of quantity";

    private static readonly BigInteger Nano = BigInteger.Pow(10, 9);
    private static readonly BigInteger Most = long.MaxValue * Nano;

    public static CelType Type { get; } = T.Struct("kubernetes.Quantity");

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function("quantity", Global("string_to_quantity", [T.String], Type, a => Parse(a[0].AsString, out var fault) is { } q ? q : CelValue.Error(fault))),
        Function("isQuantity", Global("is_quantity_string", [T.String], T.Bool, a => Parse(a[0].AsString, out _) is not null)),
        Function("sign", Member("quantity_sign", [Type], T.Int, a => CelValue.Int(Of(a[0]).Sign))),
        Function("isGreaterThan", Member("quantity_is_greater_than", [Type, Type], T.Bool, a => Of(a[0]) > Of(a[1]))),
        Function("isLessThan", Member("quantity_is_less_than", [Type, Type], T.Bool, a => Of(a[0]) < Of(a[1]))),
        Function("compareTo", Member("quantity_compare_to", [Type, Type], T.Int, a => CelValue.Int(Of(a[0]).CompareTo(Of(a[1]))))),
        Function("asApproximateFloat", Member("quantity_get_float", [Type], T.Double, a => CelValue.Double((double)Of(a[0]) / 1e9))),
        Function("asInteger", Member("quantity_get_int", [Type], T.Int, a => Integer(a[0]) is { } i ? CelValue.Int(i) : CelValue.Error("cannot convert value to integer"))),
        Function("isInteger", Member("quantity_is_integer", [Type], T.Bool, a => Integer(a[0]) is not null)),
        Function(
            "add",
            Member("quantity_add", [Type, Type], Type, a => new Amount(Of(a[0]) + Of(a[1]))),
            Member("quantity_add_int", [Type, T.Int], Type, a => new Amount(Of(a[0]) + (a[1].AsInt * Nano)))),
        Function(
            "sub",
            Member("quantity_sub", [Type, Type], Type, a => new Amount(Of(a[0]) - Of(a[1]))),
            Member("quantity_sub_int", [Type, T.Int], Type, a => new Amount(Of(a[0]) - (a[1].AsInt * Nano)))),
    ];

    private static BigInteger Of(in CelValue value) => ((Amount)value.Reference!).Nanos;

    private static long? Integer(in CelValue value)
    {
        var (whole, rest) = BigInteger.DivRem(Of(value), Nano);
        return rest.IsZero && whole >= long.MinValue && whole <= long.MaxValue ? (long)whole : null;
    }

    private static Amount? Parse(string text, out string fault)
    {
        fault = Malformed;
        if (text.Length == 0)
        {
            return null;
        }

        var at = text[0] is '+' or '-' ? 1 : 0;
        var negative = text[0] == '-';
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        var digits = text[start..at];
        var decimals = "";
        if (at < text.Length && text[at] == '.')
        {
            start = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            decimals = text[start..at];
        }

        var suffix = text[at..];
        var letters = suffix.Length - suffix.AsSpan().TrimStart("eEinumkKMGTP").Length;
        var tail = suffix.AsSpan(letters);
        if (tail.Length > 0 && tail[0] is '+' or '-')
        {
            tail = tail[1..];
        }

        if (tail.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return null;
        }

        if (Scale(suffix) is not { } scale)
        {
            fault = BadSuffix;
            return null;
        }

        if (!BigInteger.TryParse("0" + digits + decimals, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            fault = BadNumber;
            return null;
        }

        // Whatever is finer than a billionth is rounded up, away from zero.
        var numerator = number * scale.Base * BigInteger.Pow(10, Math.Max(scale.Exponent, 0)) * Nano;
        var denominator = BigInteger.Pow(10, decimals.Length + Math.Max(-scale.Exponent, 0));
        var (nanos, rest) = BigInteger.DivRem(numerator, denominator);
        nanos += rest.IsZero ? 0 : 1;
        nanos = BigInteger.Min(nanos, Most);
        fault = "";
        return new(negative ? -nanos : nanos);
    }

    private static (BigInteger Base, int Exponent)? Scale(string suffix)
    {
        switch (suffix)
        {
            case "":
                return (1, 0);
            case "n":
                return (1, -9);
            case "u":
                return (1, -6);
            case "m":
                return (1, -3);
            case "k":
                return (1, 3);
            case "M":
                return (1, 6);
            case "G":
                return (1, 9);
            case "T":
                return (1, 12);
            case "P":
                return (1, 15);
            case "E":
                return (1, 18);
        }

        if (suffix.Length == 2 && suffix[1] == 'i' && "KMGTPE".IndexOf(suffix[0], StringComparison.Ordinal) is >= 0 and var power)
        {
            return (BigInteger.One << (10 * (power + 1)), 0);
        }

        return suffix.Length > 1 && suffix[0] is 'e' or 'E'
            && int.TryParse(suffix.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) && Math.Abs(exponent) <= 1000
            ? (1, exponent)
            : null;
    }

    private sealed class Amount(BigInteger nanos) : CelOpaque(Type)
    {
        public BigInteger Nanos => nanos;

        public override bool ValueEquals(CelReference other) => other is Amount amount && amount.Nanos == nanos;

        public override int ValueHash() => nanos.GetHashCode();
    }
}
