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
        CelType.Duration, CelType.Timestamp, CelType.Optional(CelType.Dyn), UrlLibrary.Type, NetworkLibrary.IpType, NetworkLibrary.CidrType,
        QuantityLibrary.Type, SemverLibrary.Type, NamedFormat.FormatType, AuthorizerLibrary.AuthorizerType, AuthorizerLibrary.PathCheckType,
        AuthorizerLibrary.GroupCheckType, AuthorizerLibrary.ResourceCheckType, AuthorizerLibrary.DecisionType,
    ];

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
