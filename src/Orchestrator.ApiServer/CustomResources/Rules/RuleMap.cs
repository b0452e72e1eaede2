using Orchestrator.Api;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.CustomResources.Rules;

/// <summary>A map with keys of any name.</summary>
internal sealed class RuleMap(IApiMap map, RuleType values) : CelMap
{
    public override int Count => map.Count;

    public override IEnumerable<CelValue> Keys => Enumerable.Range(0, map.Count).Select(i => (CelValue)map.KeyAt(i));

    public override bool TryGet(in CelValue key, out CelValue value)
    {
        if (key.IsString && map.TryGetSlot(key.AsString, out var found))
        {
            value = RuleValues.Of(found, values);
            return true;
        }

        value = default;
        return false;
    }
}
