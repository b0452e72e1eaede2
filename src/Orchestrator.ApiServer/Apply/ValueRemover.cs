using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Takes fields out of a value; what is not touched stays the same value, and null is left of what becomes empty.</summary>
internal static class ValueRemover
{
    public static object? Remove(FieldType declared, object? value, FieldSet fields)
    {
        if (fields.IsEmpty)
        {
            return value;
        }

        switch (ValueComparer.Resolve(declared, value))
        {
            case MapType { IsAtomic: false } map when ValueTree.AsMap(value) is { Count: > 0 } entries:
                return Entries(map, entries, fields);
            case ListType { IsAssociative: true } list when ValueTree.AsList(value) is { Count: > 0 } items:
                return Items(list, items, fields);
            case ScalarType or null:
                return value;
            default:
                // Parts of an atomic or empty map or list cannot be taken out one by one: nothing is left of it.
                return null;
        }
    }

    private static ApiMap<object?>? Entries(MapType type, IApiMap entries, FieldSet fields)
    {
        var kept = new ApiMap<object?>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var key = entries.KeyAt(i);
            var value = entries.ValueAt(i);
            var member = type.Find(key);
            var node = fields.Find(member?.Element ?? PathElement.Field(key));
            if (node.Member)
            {
                continue;
            }

            kept.SetSlot(key, node.Children is null ? value : Remove(member?.Type ?? type.Element ?? FieldType.Deduced, value, node.Children));
        }

        return kept.Count == 0 ? null : kept;
    }

    private static ApiList<object?>? Items(ListType type, IApiList items, FieldSet fields)
    {
        var kept = new List<object?>(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            var item = items.ItemAt(i);
            var node = type.ElementOf(item, out _) is { } element ? fields.Find(element) : default;
            if (!node.Member)
            {
                kept.Add(node.Children is null ? item : Remove(type.Element, item, node.Children));
            }
        }

        return kept.Count == 0 ? null : new([.. kept], kept.Count);
    }
}
