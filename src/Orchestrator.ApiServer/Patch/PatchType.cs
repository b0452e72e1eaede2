using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Patch;

/// <summary>What strategic merge knows of a map: the struct it is, or that its values are all of one type.</summary>
/// <param name="Struct">The fields; null for a map of free keys or an unknown type.</param>
/// <param name="Values">The values' type when keys are free; null if unknown.</param>
internal readonly record struct PatchType(StructSchema? Struct, StructSchema? Values = null)
{
    /// <summary>The type, the strategy (merge, replace or "") and the merge key of a field.</summary>
    /// <exception cref="ApiException">The struct has no such field.</exception>
    public (PatchType Type, string Strategy, string MergeKey) Lookup(string name)
    {
        if (Struct is null)
        {
            return (new(Values), "", "");
        }

        var field = Struct.Find(name)
            ?? throw Errors.Make(500, "", $"unable to find api field in struct {Struct.TypeName} for the json field \"{name}\"", null);
        var strategy = field.PatchStrategy.StartsWith("merge", StringComparison.Ordinal) ? "merge"
            : field.PatchStrategy.StartsWith("replace", StringComparison.Ordinal) ? "replace" : "";
        var type = field.Shape is FieldShape.Map or FieldShape.MapOfLists ? new PatchType(null, field.Struct) : new PatchType(field.Struct);
        return (type, strategy, field.PatchMergeKey);
    }
}
