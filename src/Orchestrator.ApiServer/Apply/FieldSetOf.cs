using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>The fields that a value sets: what an applier owns.</summary>
internal static class FieldSetOf
{
    /// <summary>The set of a value; items of lists that nothing identifies are in nobody's.</summary>
    public static FieldSet Value(MapType type, object? value) => Below(type, value, out _) ?? FieldSet.Empty;

    /// <summary>The set below a value; <paramref name="self"/> tells whether the value's own path is a member.</summary>
    private static FieldSet? Below(FieldType declared, object? value, out bool self)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        self = false;
        switch (ValueComparer.Resolve(declared, value) ?? ScalarType.Any)
        {
            case ListType list:
                if (!list.IsAssociative)
                {
                    self = true;
                    return null;
                }

                return ValueTree.AsList(value) is { } items ? Items(list, items) : null;
            case MapType map:
                if (map.IsAtomic)
                {
                    self = true;
                    return null;
                }

                return ValueTree.AsMap(value) is { } entries ? Entries(map, entries) : null;
            default:
                self = true;
                return null;
        }
    }

    private static FieldSet? Entries(MapType type, IApiMap map)
    {
        List<FieldNode>? nodes = null;
        for (var i = 0; i < map.Count; i++)
        {
            var key = map.KeyAt(i);
            var value = map.ValueAt(i);
            var member = type.Find(key);
            var below = Below(member?.Type ?? type.Element ?? FieldType.Deduced, value, out var self);

            // Keys of a free map, and what holds nothing, are owned themselves; named fields are owned through what is in them.
            self |= member is null || ValueTree.Plain(value) is null || ValueTree.AsMap(value) is { Count: 0 };
            if (self || below is not null)
            {
                (nodes ??= new(map.Count)).Add(new(member?.Element ?? PathElement.Field(key), self, below));
            }
        }

        return FieldSet.Of(nodes);
    }

    private static FieldSet? Items(ListType type, IApiList list)
    {
        var index = ItemIndex.Of(type, list, skipsUnknown: true);
        var nodes = new List<FieldNode>(index.Entries.Count);
        foreach (var (element, entry) in index.Entries)
        {
            nodes.Add(new(element, true, entry.Count > 1 ? null : Below(type.Element, entry.First, out _)));
        }

        return FieldSet.Of(nodes);
    }
}
