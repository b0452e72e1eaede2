namespace Orchestrator.Cel.Costs;

/// <summary>A cost or a size that is not known exactly: the least and the most it may be. Arithmetic stops at the greatest number.</summary>
public readonly record struct CostRange(ulong Min, ulong Max)
{
    public static CostRange Unknown { get; } = new(0, ulong.MaxValue);

    public static CostRange Zero => default;

    public static CostRange One { get; } = new(1, 1);

    public static CostRange Fixed(ulong value) => new(value, value);

    public static CostRange operator +(CostRange left, CostRange right) => new(Add(left.Min, right.Min), Add(left.Max, right.Max));

    public static CostRange operator *(CostRange left, CostRange right) => new(Multiply(left.Min, right.Min), Multiply(left.Max, right.Max));

    /// <summary>Both ends times a factor, rounded up.</summary>
    public CostRange Times(double factor) => new(Times(Min, factor), Times(Max, factor));

    /// <summary>The range that holds both.</summary>
    public CostRange Union(CostRange other) => new(Math.Min(Min, other.Min), Math.Max(Max, other.Max));

    internal static ulong Add(ulong left, ulong right) => left > ulong.MaxValue - right ? ulong.MaxValue : left + right;

    internal static ulong Multiply(ulong left, ulong right) => right != 0 && left > ulong.MaxValue / right ? ulong.MaxValue : left * right;

    internal static ulong Times(ulong value, double factor)
    {
        var product = Math.Ceiling(value * factor);
        return product >= 18446744073709551616.0 ? ulong.MaxValue : (ulong)product;
    }
}
