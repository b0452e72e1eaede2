using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>Selection that does not fail where something is missing.</summary>
internal static class Optionally
{
    public static CelValue Select(CelOptional optional, string name) => optional.HasValue ? Field(optional.Value, name) : CelOptional.None;

    public static CelValue Field(in CelValue target, string name) =>
        target.Reference is CelMap map && map.TryGetField(name, out var value) ? CelOptional.Of(value)
        : target.Reference is CelList ? ListIndex.NoField
        : CelOptional.None;
}
