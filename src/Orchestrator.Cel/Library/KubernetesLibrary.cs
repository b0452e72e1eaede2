using System.Collections.Frozen;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Library;

/// <summary>All functions that Kubernetes 1.36 lets expressions use, and the types that have names.</summary>
internal static class KubernetesLibrary
{
    public static IReadOnlyList<CelFunction> Functions { get; } = Merge(
        [
            .. StandardLibrary.Functions(), .. OptionalLibrary.Functions(), .. StringLibrary.Functions(), .. ListLibrary.Functions(),
            .. UrlLibrary.Functions(), .. NetworkLibrary.Functions(), .. QuantityLibrary.Functions(), .. SemverLibrary.Functions(),
            .. NamedFormat.Functions(), .. AuthorizerLibrary.Functions(),
        ]);

    public static IReadOnlyList<CelType> Types { get; } =
    [
        CelType.Bool, CelType.Int, CelType.UInt, CelType.Double, CelType.String, CelType.Bytes, CelType.Null, CelType.DynList, CelType.DynMap, CelType.Type,
        CelType.Duration, CelType.Timestamp, CelType.Optional(CelType.Dyn), NetworkLibrary.IpType, NetworkLibrary.CidrType,
    ];

    // Expressions hold values of these types but cannot name them.
    private static readonly FrozenSet<string> Own = FrozenSet.Create(
        UrlLibrary.Type.Name,
        QuantityLibrary.Type.Name,
        SemverLibrary.Type.Name,
        NamedFormat.FormatType.Name,
        AuthorizerLibrary.AuthorizerType.Name,
        AuthorizerLibrary.PathCheckType.Name,
        AuthorizerLibrary.GroupCheckType.Name,
        AuthorizerLibrary.ResourceCheckType.Name,
        AuthorizerLibrary.DecisionType.Name);

    /// <summary>Whether an object type is one of these libraries', whose values are no maps.</summary>
    public static bool IsOwn(CelType type) => Own.Contains(type.Name);

    private static List<CelFunction> Merge(IEnumerable<CelFunction> functions)
    {
        var merged = new Dictionary<string, CelFunction>();
        foreach (var function in functions)
        {
            merged[function.Name] = merged.TryGetValue(function.Name, out var known) ? known.With(function) : function;
        }

        return [.. merged.Values];
    }
}
