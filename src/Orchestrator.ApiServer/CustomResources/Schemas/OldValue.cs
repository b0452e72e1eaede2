using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>The value that stood in a place before an update, where the two can be told to be the same thing (upstream's correlation).</summary>
/// <param name="Value">A JSON tree.</param>
internal readonly record struct OldValue(object? Value)
{
    /// <summary>The value of a field before; null if there was none.</summary>
    public static OldValue? Field(OldValue? old, string name) =>
        old?.Value is IApiMap map && map.TryGetSlot(name, out var value) && value is not null ? new OldValue(value) : null;

    /// <summary>An item of a list before: only items of map lists are known again, by their keys.</summary>
    public static OldValue? Item(OldValue? old, SchemaNode list, object? item)
    {
        if (list.ListType != "map" || old?.Value is not IApiList items || item is not IApiMap wanted)
        {
            return null;
        }

        for (var i = 0; i < items.Count; i++)
        {
            if (items.ItemAt(i) is IApiMap candidate && list.MapKeys.All(k => SameKey(candidate, wanted, k)))
            {
                return new OldValue(candidate);
            }
        }

        return null;
    }

    private static bool SameKey(IApiMap left, IApiMap right, string key)
    {
        left.TryGetSlot(key, out var a);
        right.TryGetSlot(key, out var b);
        return ValueTree.SameJson(a, b);
    }
}
