using Orchestrator.Api;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Expressions;

/// <summary>A map of the API, or an object of a JSON tree.</summary>
internal sealed class MapValue(IApiMap map) : CelMap
{
    public override int Count => map.Count;

    public override IEnumerable<CelValue> Keys
    {
        get
        {
            for (var i = 0; i < map.Count; i++)
            {
                yield return map.KeyAt(i);
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
        value = default;
        if (!map.TryGetSlot(name, out var slot))
        {
            return false;
        }

        value = ApiValues.Of(slot);
        return true;
    }
}
