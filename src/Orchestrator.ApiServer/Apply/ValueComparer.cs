using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// Finds which fields of two values differ, in structured-merge-diff's sense. Works on API objects and on trees alike (<see cref="ValueTree"/>);
/// equal references end a branch at once.
/// </summary>
internal static class ValueComparer
{
    /// <summary>Stands for a value that is not there, which differs from null.</summary>
    public static readonly object Missing = new();

    private static readonly MapType DeducedMap = new(null, FieldType.Deduced, isAtomic: false);
    private static readonly ListType DeducedList = new(FieldType.Deduced, associative: false, [], []);

    /// <exception cref="ApplyException">An item of a list cannot be identified.</exception>
    public static FieldDifference Compare(MapType type, object? before, object? after)
    {
        var found = Node(type, before, after);
        return new(found.AddedBelow, found.ModifiedBelow, found.RemovedBelow);
    }

    /// <summary>The type that a value of deduced type has; null for null, which fits every type.</summary>
    public static FieldType? Resolve(FieldType type, object? value)
    {
        if (type is not DeducedType)
        {
            return type;
        }

        return ValueTree.Plain(value) switch
        {
            null => null,
            IApiList => DeducedList,
            ApiStruct or IApiMap => DeducedMap,
            _ => ScalarType.Any,
        };
    }

    private static NodeDifference Node(FieldType type, object? before, object? after)
    {
        if (ReferenceEquals(before, after))
        {
            return default;
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (type is DeducedType)
        {
            var left = ReferenceEquals(before, Missing) ? null : Resolve(type, before);
            var right = ReferenceEquals(after, Missing) ? null : Resolve(type, after);
            if (left is not null && right is not null && !ReferenceEquals(left, right))
            {
                return Leaf(before, after);
            }

            type = right ?? left ?? ScalarType.Any;
        }

        NodeDifference result;
        switch (type)
        {
            case ListType list:
                var oldItems = ReferenceEquals(before, Missing) ? null : ValueTree.AsList(before);
                var newItems = ReferenceEquals(after, Missing) ? null : ValueTree.AsList(after);
                if (!list.IsAssociative || ((oldItems?.Count ?? 0) == 0 && (newItems?.Count ?? 0) == 0))
                {
                    return Leaf(before, after);
                }

                result = Items(list, oldItems, newItems);
                break;
            case MapType map:
                if (map.IsAtomic)
                {
                    return Leaf(before, after);
                }

                if (before is ApiStruct oldStruct && after is ApiStruct newStruct && oldStruct is not CustomObject && ReferenceEquals(oldStruct.TypeSchema, newStruct.TypeSchema))
                {
                    // Two structs are both there; if both show nothing they are equal.
                    return Structs(map, oldStruct, newStruct);
                }

                var oldMap = ReferenceEquals(before, Missing) ? null : ValueTree.AsMap(before);
                var newMap = ReferenceEquals(after, Missing) ? null : ValueTree.AsMap(after);
                if ((oldMap?.Count ?? 0) == 0 && (newMap?.Count ?? 0) == 0)
                {
                    return Leaf(before, after);
                }

                result = Maps(map, oldMap, newMap);
                break;
            default:
                return Leaf(before, after);
        }

        return ReferenceEquals(before, Missing) ? result with { Added = true }
            : ReferenceEquals(after, Missing) ? result with { Removed = true }
            : result;
    }

    private static NodeDifference Leaf(object? before, object? after) =>
        ReferenceEquals(before, Missing) ? new() { Added = true }
        : ReferenceEquals(after, Missing) ? new() { Removed = true }
        : ValueTree.SameJson(before, after) ? default
        : new() { Modified = true };

    private static NodeDifference Structs(MapType type, ApiStruct before, ApiStruct after)
    {
        var sums = default(Sums);
        var (oldSlots, newSlots) = (before.Slots, after.Slots);
        var members = type.Members;
        for (var i = 0; i < oldSlots.Length; i++)
        {
            if (ReferenceEquals(oldSlots[i], newSlots[i]))
            {
                continue;
            }

            var member = members[i];
            var found = Node(member.Type, Shown(oldSlots[i], member), Shown(newSlots[i], member));
            sums.Add(member.Element, found);
        }

        return sums.ToNode();
    }

    private static object? Shown(object? slot, MapMember member) =>
        slot ?? (member.IsOmittedWhenUnset ? Missing : ValueTree.ZeroOf(member.Field!));

    private static NodeDifference Maps(MapType type, IApiMap? before, IApiMap? after)
    {
        var sums = default(Sums);
        int i = 0, j = 0;
        var (oldCount, newCount) = (before?.Count ?? 0, after?.Count ?? 0);
        while (i < oldCount || j < newCount)
        {
            var order = i >= oldCount ? 1 : j >= newCount ? -1 : string.CompareOrdinal(before!.KeyAt(i), after!.KeyAt(j));
            var key = order <= 0 ? before!.KeyAt(i) : after!.KeyAt(j);
            var left = order <= 0 ? before!.ValueAt(i++) : Missing;
            var right = order >= 0 ? after!.ValueAt(j++) : Missing;
            if (ReferenceEquals(left, right))
            {
                continue;
            }

            var member = type.Find(key);
            var found = Node(member?.Type ?? type.Element ?? FieldType.Deduced, left, right);
            if (!found.IsNone)
            {
                sums.Add(member?.Element ?? PathElement.Field(key), found);
            }
        }

        return sums.ToNode();
    }

    private static NodeDifference Items(ListType type, IApiList? before, IApiList? after)
    {
        var sums = default(Sums);
        var old = ItemIndex.Of(type, before);
        var now = ItemIndex.Of(type, after);
        foreach (var (element, entry) in old.Entries)
        {
            var other = now.Find(element);
            if (entry.Count <= 1 && (other is null || other.Count <= 1))
            {
                sums.Add(element, Node(type.Element, entry.First, other is null ? Missing : other.First));
            }
            else if (other is null)
            {
                sums.Add(element, new() { Removed = true });
            }
            else if (entry.Count > 1 && other.Count > 1)
            {
                sums.Add(element, entry.SameAs(other) ? default : new() { Modified = true });
            }
            else if (entry.Count > 1)
            {
                // Doubles before, one now: the mark of doubles goes, the one is new.
                sums.Add(element, Node(type.Element, Missing, other.First) with { Removed = true });
            }
            else
            {
                sums.Add(element, Node(type.Element, entry.First, Missing) with { Added = true });
            }
        }

        foreach (var (element, entry) in now.Entries)
        {
            if (old.Find(element) is null)
            {
                sums.Add(element, entry.Count > 1 ? new() { Added = true } : Node(type.Element, Missing, entry.First));
            }
        }

        return sums.ToNode();
    }

    private readonly record struct NodeDifference(
        bool Added, bool Modified, bool Removed, FieldSet? AddedBelow, FieldSet? ModifiedBelow, FieldSet? RemovedBelow)
    {
        public bool IsNone => !Added && !Modified && !Removed && AddedBelow is null && ModifiedBelow is null && RemovedBelow is null;
    }

    /// <summary>Collects the children's differences of one container.</summary>
    private struct Sums
    {
        private List<FieldNode>? _added;
        private List<FieldNode>? _modified;
        private List<FieldNode>? _removed;

        public void Add(PathElement element, in NodeDifference found)
        {
            if (found.Added || found.AddedBelow is not null)
            {
                (_added ??= []).Add(new(element, found.Added, found.AddedBelow));
            }

            if (found.Modified || found.ModifiedBelow is not null)
            {
                (_modified ??= []).Add(new(element, found.Modified, found.ModifiedBelow));
            }

            if (found.Removed || found.RemovedBelow is not null)
            {
                (_removed ??= []).Add(new(element, found.Removed, found.RemovedBelow));
            }
        }

        public readonly NodeDifference ToNode() => new()
        {
            AddedBelow = FieldSet.Of(_added),
            ModifiedBelow = FieldSet.Of(_modified),
            RemovedBelow = FieldSet.Of(_removed),
        };
    }
}
