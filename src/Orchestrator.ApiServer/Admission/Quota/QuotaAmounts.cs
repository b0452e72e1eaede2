using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>Arithmetic on amounts by name.</summary>
internal static class QuotaAmounts
{
    public static ApiMap<Quantity> Subtract(ApiMap<Quantity> left, ApiMap<Quantity> right)
    {
        foreach (var (name, amount) in right)
        {
            left = left.With(name, (left.GetValueOrDefault(name) ?? Quantity.Zero) - amount);
        }

        return left;
    }

    public static ApiMap<Quantity> Mask(ApiMap<Quantity> amounts, Func<string, bool> keep) =>
        ApiMap<Quantity>.From(amounts.Where(a => keep(a.Key)));

    public static ApiMap<Quantity> WithoutZeros(ApiMap<Quantity> amounts) => ApiMap<Quantity>.From(amounts.Where(static a => !a.Value.IsZero));

    /// <summary><c>a=1,b=2</c>, by name.</summary>
    public static string Describe(ApiMap<Quantity> amounts) => string.Join(',', amounts.Select(static a => a.Key + "=" + a.Value));
}
