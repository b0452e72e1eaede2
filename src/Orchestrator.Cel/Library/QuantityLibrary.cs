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

    public static CelType Type { get; } = T.Struct("kubernetes.Quantity");

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function("quantity", Global("string_to_quantity", [T.String], Type, a => Make(a[0].AsString))),
        Function("isQuantity", Global("is_quantity_string", [T.String], T.Bool, a => Parse(a[0].AsString, out _) is not null)),
        Function("sign", Global("quantity_sign", [Type], T.Int, a => CelValue.Int(Of(a[0]).Value.Sign))),
        Function("isGreaterThan", Member("quantity_is_greater_than", [Type, Type], T.Bool, a => Of(a[0]).CompareTo(Of(a[1])) > 0)),
        Function("isLessThan", Member("quantity_is_less_than", [Type, Type], T.Bool, a => Of(a[0]).CompareTo(Of(a[1])) < 0)),
        Function("compareTo", Member("quantity_compare_to", [Type, Type], T.Int, a => CelValue.Int(Of(a[0]).CompareTo(Of(a[1]))))),
        Function("asApproximateFloat", Member("quantity_get_float", [Type], T.Double, a => CelValue.Double(Of(a[0]).Approximate()))),
        Function("asInteger", Member("quantity_get_int", [Type], T.Int, a => Of(a[0]).Integer is { } i ? CelValue.Int(i) : CelValue.Error("cannot convert value to integer"))),
        Function("isInteger", Member("quantity_is_integer", [Type], T.Bool, a => Of(a[0]).Integer is not null)),
        Function(
            "add",
            Member("quantity_add", [Type, Type], Type, a => Of(a[0]).Plus(Of(a[1]))),
            Member("quantity_add_int", [Type, T.Int], Type, a => Of(a[0]).Plus(new Amount(a[1].AsInt, 0, true)))),
        Function(
            "sub",
            Member("quantity_sub", [Type, Type], Type, a => Of(a[0]).Plus(Of(a[1]).Negated())),
            Member("quantity_sub_int", [Type, T.Int], Type, a => Of(a[0]).Plus(new Amount(-(BigInteger)a[1].AsInt, 0, true)))),
    ];

    public static CelValue Make(string text) => Parse(text, out var fault) is { } quantity ? quantity : CelValue.Error(fault);

    private static Amount Of(in CelValue value) => (Amount)value.Reference!;

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

        fault = "";
        var value = negative ? -number : number;
        var significant = digits.TrimStart('0') is { Length: > 0 } kept ? kept.Length : 1;
        return scale.Base.IsOne ? Decimal(value, scale.Exponent, significant, decimals.Length) : Binary(value, scale.Base, significant, decimals.Length);
    }

    // A number of at most 18 digits that is no finer than a billionth is kept as it is given.
    private static Amount Decimal(BigInteger value, int exponent, int digits, int decimals)
    {
        var smallest = exponent - decimals;
        return digits + decimals <= 18 && smallest >= -9 ? new(value, smallest, true) : Rounded(value, smallest);
    }

    // Whole numbers with a binary suffix are kept likewise, if both together have about 14 digits; others become decimals, and have a greatest number.
    private static Amount Binary(BigInteger value, BigInteger factor, int digits, int decimals)
    {
        var exponent = (int)(factor.GetBitLength() - 1);
        if (decimals == 0 && 14 - digits - (int)(exponent * 3 / 10f) >= 0)
        {
            return new(value * factor, 0, true);
        }

        var exact = Rounded(value * factor, -decimals);
        var most = new Amount(long.MaxValue, 0, false);
        return exact.CompareTo(most) > 0 ? most : exact.CompareTo(most.Negated()) < 0 ? most.Negated() : exact;
    }

    /// <summary>Whatever is finer than a billionth is rounded up, away from zero.</summary>
    private static Amount Rounded(BigInteger value, int exponent)
    {
        if (exponent >= -9)
        {
            return new(value, exponent, false);
        }

        var (nanos, rest) = BigInteger.DivRem(value, BigInteger.Pow(10, -9 - exponent));
        return new(nanos + rest.Sign, -9, false);
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

    /// <summary>A number times a power of ten.</summary>
    /// <param name="value">The number.</param>
    /// <param name="exponent">The power.</param>
    /// <param name="small">Whether upstream keeps it in a machine word; only such ones are ever taken for integers.</param>
    private sealed class Amount(BigInteger value, int exponent, bool small) : CelOpaque(Type)
    {
        public BigInteger Value => value;

        public long? Integer => !small || exponent < 0 ? null
            : value * BigInteger.Pow(10, exponent) is var whole && whole >= long.MinValue && whole <= long.MaxValue ? (long)whole
            : null;

        private int Exponent => exponent;

        private bool IsSmall => small;

        // The conversion of big integers cuts off where that of words rounds.
        private double Nearest => Fits(value) ? (long)value : double.Parse(value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

        public Amount Negated() => new(-value, exponent, small);

        public Amount Plus(Amount other)
        {
            if (small && other.IsSmall && (other.Value.IsZero || value.IsZero))
            {
                return other.Value.IsZero ? this : other;
            }

            var common = Math.Min(exponent, other.Exponent);
            var (mine, theirs) = (Scaled(common), other.Scaled(common));
            return new(mine + theirs, common, small && other.IsSmall && Fits(mine) && Fits(theirs) && Fits(mine + theirs));
        }

        public int CompareTo(Amount other)
        {
            var common = Math.Min(exponent, other.Exponent);
            return Scaled(common).CompareTo(other.Scaled(common));
        }

        public double Approximate() => exponent == 0 ? Nearest : Nearest * Math.Pow(10, exponent);

        public override bool ValueEquals(CelReference other) => other is Amount amount && CompareTo(amount) == 0;

        public override int ValueHash() => Scaled(Math.Min(exponent, -9)).GetHashCode();

        private static bool Fits(BigInteger number) => number >= long.MinValue && number <= long.MaxValue;

        private BigInteger Scaled(int to) => value * BigInteger.Pow(10, exponent - to);
    }
}
