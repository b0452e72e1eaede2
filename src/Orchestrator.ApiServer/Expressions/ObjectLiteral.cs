using Orchestrator.Api;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Expressions;

/// <summary>What an object literal of a mutation gives: <c>Object{…}</c>, <c>Object.spec{…}</c>, <c>JSONPatch{…}</c>.</summary>
internal sealed class ObjectLiteral(string typeName, IReadOnlyList<KeyValuePair<string, CelValue>> fields) : CelOpaque(CelType.Struct(typeName))
{
    public string TypeName => typeName;

    public IReadOnlyList<KeyValuePair<string, CelValue>> Fields => fields;

    /// <summary>The literal as JSON tree.</summary>
    /// <exception cref="FormatException">A value has no JSON form.</exception>
    public ApiMap<object?> ToTree()
    {
        var map = new ApiMap<object?>();
        foreach (var (name, value) in fields)
        {
            map.SetSlot(name, ApiValues.ToTree(value));
        }

        return map;
    }

    /// <summary>Why the names of nested literals' types are not those of their places; "" if they are.</summary>
    public string PathFault(string expected)
    {
        if (typeName != expected)
        {
            return $"unexpected type name \"{typeName}\", expected \"{expected}\", which matches field name path from root Object type";
        }

        foreach (var (name, value) in fields)
        {
            if (PathFault(value, $"{expected}.{name}") is { Length: > 0 } fault)
            {
                return fault;
            }
        }

        return "";
    }

    public override bool ValueEquals(CelReference other) =>
        other is ObjectLiteral literal && literal.TypeName == typeName && Values.DeepEquals(ToTree(), literal.ToTree());

    public override int ValueHash() => typeName.GetHashCode(StringComparison.Ordinal);

    private static string PathFault(in CelValue value, string expected)
    {
        switch (value.Reference)
        {
            case ObjectLiteral literal:
                return literal.PathFault(expected);
            case CelList list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (PathFault(list[i], expected) is { Length: > 0 } fault)
                    {
                        return fault;
                    }
                }

                return "";
            default:
                return "";
        }
    }
}
