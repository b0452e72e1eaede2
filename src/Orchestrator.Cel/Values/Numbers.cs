namespace Orchestrator.Cel.Values;

/// <summary>Comparison of numbers across int, uint and double, exact where a conversion would round.</summary>
internal static class Numbers
{
    public static bool Equal(in CelValue left, in CelValue right) => Compare(left, right) == 0;

    /// <summary>-1, 0 or 1; null if a side is not a number (NaN).</summary>
    public static int? Compare(in CelValue left, in CelValue right) => (left.Kind, right.Kind) switch
    {
        (CelKind.Int, CelKind.Int) => left.AsInt.CompareTo(right.AsInt),
        (CelKind.UInt, CelKind.UInt) => left.AsUInt.CompareTo(right.AsUInt),
        (CelKind.Double, CelKind.Double) => Doubles(left.AsDouble, right.AsDouble),
        (CelKind.Int, CelKind.UInt) => IntUInt(left.AsInt, right.AsUInt),
        (CelKind.UInt, CelKind.Int) => -IntUInt(right.AsInt, left.AsUInt),
        (CelKind.Double, CelKind.Int) => DoubleInt(left.AsDouble, right.AsInt),
        (CelKind.Int, CelKind.Double) => -DoubleInt(right.AsDouble, left.AsInt),
        (CelKind.Double, CelKind.UInt) => DoubleUInt(left.AsDouble, right.AsUInt),
        (CelKind.UInt, CelKind.Double) => -DoubleUInt(right.AsDouble, left.AsUInt),
        _ => null,
    };

    private static int? Doubles(double left, double right) => double.IsNaN(left) || double.IsNaN(right) ? null : left.CompareTo(right);

    private static int IntUInt(long left, ulong right) => left < 0 || right > long.MaxValue ? -1 : left.CompareTo((long)right);

    private static int? DoubleInt(double left, long right)
    {
        if (double.IsNaN(left))
        {
            return null;
        }

        if (left < long.MinValue)
        {
            return -1;
        }

        if (left >= 9223372036854775808.0)
        {
            return 1;
        }

        return left.CompareTo((double)right);
    }

    private static int? DoubleUInt(double left, ulong right)
    {
        if (double.IsNaN(left))
        {
            return null;
        }

        if (left < 0)
        {
            return -1;
        }

        return left >= 18446744073709551616.0 ? 1 : left.CompareTo((double)right);
    }
}
