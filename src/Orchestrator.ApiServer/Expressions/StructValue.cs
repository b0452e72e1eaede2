using Orchestrator.Api;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Expressions;

/// <summary>An API object as a map of its fields, those that JSON shows.</summary>
/// <param name="structure">The object; must not change while it is used.</param>
/// <param name="apiVersion">Stands for one that the object lacks.</param>
/// <param name="kind">Stands for one that the object lacks.</param>
internal sealed class StructValue(ApiStruct structure, string? apiVersion = null, string? kind = null) : CelMap
{
    public override int Count => Keys.Count();

    public override IEnumerable<CelValue> Keys
    {
        get
        {
            foreach (var member in structure.TypeSchema.FieldList)
            {
                if (structure is CustomObject custom && member.Name == "(content)")
                {
                    foreach (var key in custom.Content.Keys)
                    {
                        yield return key;
                    }
                }
                else if (TryGetField(member.Name, out _))
                {
                    yield return member.Name;
                }
            }
        }
    }

    public override bool TryGet(in CelValue key, out CelValue value)
    {
        value = default;
        return key.IsString && TryGetField(key.AsString, out value);
    }

    public override bool TryGetField(string name, out CelValue value)
    {
        if (structure.TypeSchema.Find(name) is { } field && name[0] != '(')
        {
            if (ApiValues.TryField(structure, field, out value) && !(value.IsString && value.AsString.Length == 0))
            {
                return true;
            }

            var given = name switch { "apiVersion" => apiVersion, "kind" => kind, _ => null };
            if (given is not null)
            {
                value = given;
                return true;
            }

            return value.IsString;
        }

        value = default;
        if (structure is not CustomObject custom || !custom.Content.TryGetSlot(name, out var slot))
        {
            return false;
        }

        value = ApiValues.Of(slot);
        return true;
    }
}
