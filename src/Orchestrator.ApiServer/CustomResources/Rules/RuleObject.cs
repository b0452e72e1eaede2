using Orchestrator.Api;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>An object with the fields of its schema; others cannot be seen.</summary>
internal sealed class RuleObject(IApiMap map, RuleType type) : CelMap
{
    public override int Count => type.Fields.Values.Count(f => map.TryGetSlot(f.Name, out _));

    public override IEnumerable<CelValue> Keys => type.Fields.Where(f => map.TryGetSlot(f.Value.Name, out _)).Select(static f => (CelValue)f.Key);

    public override bool TryGet(in CelValue key, out CelValue value)
    {
        value = default;
        return key.IsString && TryGetField(key.AsString, out value);
    }

    public override bool TryGetField(string name, out CelValue value)
    {
        if (type.Named(name) is { } field && map.TryGetSlot(field.Name, out var found))
        {
            value = RuleValues.Of(found, field.Type);
            return true;
        }

        value = default;
        return false;
    }
}
