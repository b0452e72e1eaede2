using System.Globalization;

namespace Orchestrator.Cel.Values;

/// <summary>Numbers as Go writes them.</summary>
internal static class GoNumbers
{
    // From this power of ten on %g writes exponents.
    private const int ExponentFrom = 6;

    /// <summary>The shortest form that reads back the same; exponents from 1e6 up and below 1e-4, with at least two digits (<c>%g</c>).</summary>
    public static string Format(double value)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "+Inf" : "-Inf";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0" : "0";
        }

        // .NET's shortest digits, rearranged by Go's rules.
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponent = ExponentOf(shortest);
        var digits = DigitsOf(shortest);
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= ExponentFrom)
        {
            var mantissa = digits.Length == 1 ? digits : $"{digits[..1]}.{digits[1..]}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        return digits.Length <= exponent + 1
            ? $"{sign}{digits}{new string('0', exponent + 1 - digits.Length)}"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>The power of ten of the first digit that is not zero.</summary>
    private static int ExponentOf(string text)
    {
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var shift = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var first = mantissa.AsSpan().IndexOfAnyInRange('1', '9');
        return shift + (first < whole ? whole - 1 - first : whole - first);
    }

    private static string DigitsOf(string text)
    {
        var end = text.IndexOf('E', StringComparison.Ordinal);
        var digits = (end < 0 ? text : text[..end]).Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        return digits.Length == 0 ? "0" : digits;
    }
}
