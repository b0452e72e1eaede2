using System.Globalization;
using System.Numerics;

namespace Orchestrator.Api;

/// <summary>
/// A fixed-point number with a unit suffix: <c>500m</c>, <c>1.5Gi</c>, <c>1e3</c>. Exact to nano, remembers the notation it was given in.
/// </summary>
/// <remarks>Source: apimachinery's resource.Quantity. Equality is by value and text; <see cref="CompareTo"/> by value alone.</remarks>
public sealed class Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private const string DecimalSuffixes = "numkMGTPE";
    private static readonly Int128 Nano = 1_000_000_000;
    private static readonly Int128 BinaryMax = (Int128)long.MaxValue * Nano;
    private readonly string _text;

    private Quantity(Int128 nanos, QuantityFormat format, string? text)
    {
        Nanos = nanos;
        Format = format;
        _text = text ?? Canonical(nanos, format);
    }

    public static Quantity Zero { get; } = new(0, QuantityFormat.DecimalSI, "0");

    /// <summary>The value in units of 10⁻⁹.</summary>
    public Int128 Nanos { get; }

    public QuantityFormat Format { get; }

    /// <summary>The value, rounded up to a whole number, capped at <see cref="long.MaxValue"/>.</summary>
    public long Value => Ceiling(Nano);

    /// <summary>The value in thousandths, rounded up, capped at <see cref="long.MaxValue"/>.</summary>
    public long MilliValue => Ceiling(1_000_000);

    public double AsDouble => (double)Nanos / 1e9;

    public bool IsZero => Nanos == 0;

    public int Sign => Nanos > 0 ? 1 : Nanos < 0 ? -1 : 0;

    public static bool operator <(Quantity left, Quantity right) => left.Nanos < right.Nanos;

    public static bool operator >(Quantity left, Quantity right) => left.Nanos > right.Nanos;

    public static bool operator <=(Quantity left, Quantity right) => left.Nanos <= right.Nanos;

    public static bool operator >=(Quantity left, Quantity right) => left.Nanos >= right.Nanos;

    public static Quantity operator +(Quantity left, Quantity right) => left.Add(right);

    public static Quantity operator -(Quantity left, Quantity right) => FromNanos(left.Nanos - right.Nanos, left.IsZero ? right.Format : left.Format);

    public static Quantity FromLong(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(value * Nano, format, null);

    public static Quantity FromMilli(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(value * (Int128)1_000_000, format, null);

    public static Quantity FromNanos(Int128 nanos, QuantityFormat format) => new(nanos, format, null);

    /// <summary>The sum; keeps this quantity's notation unless it is zero.</summary>
    public Quantity Add(Quantity other) => FromNanos(Nanos + other.Nanos, IsZero ? other.Format : Format);

    /// <summary>Rounded up to thousandths, as every value of a ResourceList is.</summary>
    public Quantity RoundUpToMilli()
    {
        var milli = (Int128)1_000_000;
        if (Nanos % milli == 0)
        {
            return this;
        }

        var down = Nanos / milli;
        return FromNanos((Nanos > 0 ? down + 1 : down) * milli, Format);
    }

    /// <exception cref="FormatException">The text is no quantity.</exception>
    public static Quantity Parse(string text) => TryParse(text, out var quantity)
        ? quantity
        : throw new FormatException(Fault(text));

    /// <summary>What upstream says of a text that is no quantity: that its suffix is unknown, or that it has not even the form of one.</summary>
    public static string Fault(string text)
    {
        var rest = text.AsSpan();
        rest = rest.Length > 0 && rest[0] is '+' or '-' ? rest[1..] : rest;
        rest = rest.TrimStart("0123456789");
        rest = rest.Length > 0 && rest[0] == '.' ? rest[1..].TrimStart("0123456789") : rest;
        rest = rest.TrimStart("eEinumkKMGTP");
        rest = rest.Length > 0 && rest[0] is '+' or '-' ? rest[1..] : rest;
        return text.Length > 0 && rest.TrimStart("0123456789").Length == 0
            ? "unable to parse quantity's suffix"
            : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    }

    public static bool TryParse(string text, out Quantity quantity)
    {
        quantity = Zero;
        if (text.Length == 0)
        {
            return false;
        }

        if (text == "0")
        {
            return true;
        }

        // 1. Sign and digits.
        var position = 0;
        var negative = false;
        if (text[0] is '+' or '-')
        {
            negative = text[0] == '-';
            position = 1;
        }

        var digitsStart = position;
        while (position < text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        var whole = text.AsSpan(digitsStart, position - digitsStart);
        ReadOnlySpan<char> fraction = [];
        if (position < text.Length && text[position] == '.')
        {
            var start = ++position;
            while (position < text.Length && char.IsAsciiDigit(text[position]))
            {
                position++;
            }

            fraction = text.AsSpan(start, position - start);
        }

        // 2. Suffix. A number without digits is zero.
        var suffix = text.AsSpan(position);
        if (!TryParseSuffix(suffix, out var format, out var power))
        {
            return false;
        }

        // 3. Value: mantissa × base^power, in nanos, rounded away from zero.
        var mantissa = BigInteger.Zero;
        foreach (var c in whole)
        {
            mantissa = (mantissa * 10) + (c - '0');
        }

        foreach (var c in fraction)
        {
            mantissa = (mantissa * 10) + (c - '0');
        }

        var numerator = mantissa;
        var denominator = BigInteger.One;
        var decimalExponent = 9 - fraction.Length;
        if (format == QuantityFormat.BinarySI)
        {
            numerator <<= power;
        }
        else
        {
            decimalExponent += power;
        }

        if (decimalExponent >= 0)
        {
            numerator *= BigInteger.Pow(10, Math.Min(decimalExponent, 60));
        }
        else
        {
            denominator = BigInteger.Pow(10, Math.Min(-decimalExponent, 4000));
        }

        var value = BigInteger.DivRem(numerator, denominator, out var remainder);
        if (!remainder.IsZero)
        {
            value += 1;
        }

        var limit = format == QuantityFormat.BinarySI ? (BigInteger)BinaryMax : (BigInteger)(Int128.MaxValue / 2);
        if (value > limit)
        {
            value = limit;
        }

        var nanos = (Int128)value;
        if (negative)
        {
            nanos = -nanos;
        }

        var echo = KeepsText(whole.TrimStart('0'), fraction, format, power, mantissa) ? text : null;

        quantity = nanos == 0 && echo is null ? new(0, format, "0") : new(nanos, format, echo);
        return true;
    }

    public int CompareTo(Quantity? other) => other is null ? 1 : Nanos.CompareTo(other.Nanos);

    public bool Equals(Quantity? other) => other is not null && Nanos == other.Nanos && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as Quantity);

    public override int GetHashCode() => Nanos.GetHashCode();

    public override string ToString() => _text;

    private static bool TryParseSuffix(ReadOnlySpan<char> suffix, out QuantityFormat format, out int power)
    {
        (format, power) = (QuantityFormat.DecimalSI, 0);
        if (suffix.Length == 0)
        {
            return true;
        }

        if (suffix.Length == 2 && suffix[1] == 'i')
        {
            format = QuantityFormat.BinarySI;
            power = suffix[0] switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, 'P' => 50, 'E' => 60, _ => -1 };
            return power > 0;
        }

        if (suffix.Length == 1 && DecimalSuffixes.Contains(suffix[0]))
        {
            power = suffix[0] switch { 'n' => -9, 'u' => -6, 'm' => -3, 'k' => 3, 'M' => 6, 'G' => 9, 'T' => 12, 'P' => 15, _ => 18 };
            return true;
        }

        if (suffix[0] is 'e' or 'E' && suffix.Length > 1)
        {
            format = QuantityFormat.DecimalExponent;
            return int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power) && suffix.Length < 8;
        }

        return false;
    }

    /// <summary>Whether the given text is echoed instead of the canonical one (upstream keeps the text on its fast parse).</summary>
    private static bool KeepsText(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction, QuantityFormat format, int power, BigInteger mantissa)
    {
        var digits = whole.Length + fraction.Length;
        if (digits >= 19)
        {
            return false;
        }

        if (format == QuantityFormat.BinarySI)
        {
            // Beyond about 14 digits upstream reckons with decimals, which do not remember their text.
            return fraction.Length == 0 && mantissa % 8 != 0 && whole.Length + (int)(power * 3 / 10f) <= 14;
        }

        var scale = power - fraction.Length;
        if (scale % 3 != 0 || scale < -9)
        {
            return false;
        }

        return whole.Length > 0 && mantissa % 1000 != 0;
    }

    private static string Canonical(Int128 nanos, QuantityFormat format)
    {
        if (nanos == 0)
        {
            return "0";
        }

        var magnitude = nanos < 0 ? -nanos : nanos;
        if (format == QuantityFormat.BinarySI && (magnitude < 1024 * Nano || magnitude % Nano != 0))
        {
            format = QuantityFormat.DecimalSI;
        }

        var sign = nanos < 0 ? "-" : "";
        if (format == QuantityFormat.BinarySI)
        {
            var value = magnitude / Nano;
            var steps = 0;
            while (steps < 6 && value % 1024 == 0)
            {
                value /= 1024;
                steps++;
            }

            return sign + value.ToString(CultureInfo.InvariantCulture) + (steps == 0 ? "" : "KMGTPE"[steps - 1] + "i");
        }

        var exponent = -9;
        while (magnitude % 1000 == 0 && exponent < 18)
        {
            magnitude /= 1000;
            exponent += 3;
        }

        var number = sign + magnitude.ToString(CultureInfo.InvariantCulture);
        if (format == QuantityFormat.DecimalExponent)
        {
            return exponent == 0 ? number : number + "e" + exponent.ToString(CultureInfo.InvariantCulture);
        }

        return number + exponent switch { -9 => "n", -6 => "u", -3 => "m", 0 => "", 3 => "k", 6 => "M", 9 => "G", 12 => "T", 15 => "P", _ => "E" };
    }

    private long Ceiling(Int128 unit)
    {
        var down = Nanos / unit;
        var up = Nanos > 0 && Nanos % unit != 0 ? down + 1 : down;
        return up > long.MaxValue ? long.MaxValue : up < long.MinValue ? long.MinValue : (long)up;
    }
}
