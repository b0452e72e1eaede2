using Orchestrator.Cel.Costs;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>The object types below a place in a schema, for the checker; the sizes of their values, for estimates of cost.</summary>
internal sealed class RuleTypes : ICelTypeProvider, ICelSizeEstimator
{
    private readonly Dictionary<string, RuleType> _structs = [];
    private readonly RuleType _root;

    public RuleTypes(RuleType root)
    {
        _root = root;
        Collect(root);
    }

    public bool HasStruct(string typeName) => _structs.ContainsKey(typeName);

    public CelType? FieldType(string typeName, string fieldName) => _structs.GetValueOrDefault(typeName)?.Named(fieldName)?.Type.Cel;

    public CostRange? EstimateSize(CostNode node)
    {
        if (node.Path is not { Count: > 0 } path)
        {
            return null;
        }

        var current = _root;
        foreach (var step in path.Skip(1))
        {
            if (current.Step(step) is not { } next)
            {
                return null;
            }

            current = next;
        }

        return new CostRange(0, (ulong)current.ElementsMax);
    }

    private void Collect(RuleType type)
    {
        if (type.Cel.TypeKind == CelTypeKind.Struct)
        {
            _structs[type.Cel.Name] = type;
        }

        foreach (var field in type.Fields.Values)
        {
            Collect(field.Type);
        }

        if (type.Items is { } items)
        {
            Collect(items);
        }

        if (type.Values is { } values)
        {
            Collect(values);
        }
    }
}
