using System.Collections.Frozen;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.Expressions;

/// <summary>Types of expressions' variables that are told by their fields.</summary>
internal sealed class FieldTypes : ICelTypeProvider
{
    private readonly FrozenDictionary<string, FrozenDictionary<string, CelType>> _types;

    public FieldTypes(params IEnumerable<(string Name, (string Field, CelType Type)[] Fields)> types) =>
        _types = types.ToFrozenDictionary(static t => t.Name, static t => t.Fields.ToFrozenDictionary(static f => f.Field, static f => f.Type));

    public bool HasStruct(string typeName) => _types.ContainsKey(typeName);

    public CelType? FieldType(string typeName, string fieldName) => _types[typeName].GetValueOrDefault(fieldName);
}
