using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Patch;

/// <summary>
/// Strategic merge patch: lists that are maps by a key merge element by element, directives ($patch, $retainKeys, $setElementOrder,
/// $deleteFromPrimitiveList) steer it. Works on opened values (<see cref="ValueTree"/>); both maps given are changed.
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromList = "$deleteFromPrimitiveList";
    private const string SetElementOrder = "$setElementOrder";

    /// <summary>What the patch makes of the original.</summary>
    /// <exception cref="ApiException">The patch cannot be applied; the message is upstream's.</exception>
    public static ApiMap<object?> Merge(ApiMap<object?>? original, ApiMap<object?> patch, PatchType type)
    {
        if (patch.TryGetSlot(Directive, out var directive))
        {
            switch (directive)
            {
                case "replace":
                    patch.Remove(Directive);
                    return patch;
                case "delete":
                    return new ApiMap<object?>();
                default:
                    throw UnknownDirective(directive, patch);
            }
        }

        original ??= new ApiMap<object?>();
        Retain(original, patch);
        MergeOrderedLists(original, patch, type);
        for (var i = 0; i < patch.Count; i++)
        {
            MergeEntry(original, patch.KeyAt(i), patch.ValueAt(i), type);
        }

        return original;
    }

    private static void MergeEntry(ApiMap<object?> original, string key, object? value, PatchType type)
    {
        var deletes = key.StartsWith(DeleteFromList, StringComparison.Ordinal);
        if (deletes)
        {
            key = WithoutPrefix(key, DeleteFromList) ?? throw Errors.BadRequest("invalid patch format of primitive list");
        }

        if (value is null)
        {
            original.Remove(key);
            return;
        }

        if (!original.TryGetSlot(key, out var old))
        {
            if (!deletes)
            {
                Put(original, key, value);
            }

            return;
        }

        if (ValueTree.AsMap(old) is { } oldMap && value is ApiMap<object?> map)
        {
            var (child, strategy, _) = type.Lookup(key);
            original.SetSlot(key, strategy == "replace" ? map : Merge(Own(oldMap), map, child));
        }
        else if (ValueTree.AsList(old) is { } oldList && value is IApiList list)
        {
            var (child, strategy, mergeKey) = type.LookupList(key);
            original.SetSlot(key, strategy == "merge" || deletes ? MergeLists(Items(oldList), Items(list), child, mergeKey, deletes) : list);
        }
        else if (!deletes || GoFormat.TypeOf(old) == GoFormat.TypeOf(value))
        {
            Put(original, key, value);
        }
    }

    /// <summary>Sets a value that has nothing to merge into: nulls mean nothing there, and maps with a directive are no values.</summary>
    private static void Put(ApiMap<object?> original, string key, object value)
    {
        DropNulls(value);
        object? item = value;
        if (TryClean(ref item))
        {
            original.SetSlot(key, item);
        }
        else
        {
            original.Remove(key);
        }
    }

    /// <summary>$retainKeys: clears what it does not name, and the patch may set nothing else.</summary>
    private static void Retain(ApiMap<object?> original, ApiMap<object?> patch)
    {
        if (!patch.TryGetSlot(RetainKeys, out var keys))
        {
            return;
        }

        patch.Remove(RetainKeys);
        if (keys is not IApiList list)
        {
            throw Errors.BadRequest("invalid patch format of retainKeys");
        }

        var retained = Items(list).OfType<string>().ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < patch.Count; i++)
        {
            var key = patch.KeyAt(i);
            if (patch.ValueAt(i) is not null && !retained.Contains(key)
                && !key.StartsWith(DeleteFromList, StringComparison.Ordinal) && !key.StartsWith(SetElementOrder, StringComparison.Ordinal))
            {
                throw Errors.BadRequest("invalid patch format of retainKeys");
            }
        }

        for (var i = original.Count - 1; i >= 0; i--)
        {
            if (!retained.Contains(original.KeyAt(i)))
            {
                original.Remove(original.KeyAt(i));
            }
        }
    }

    /// <summary>$setElementOrder: merges the list it speaks of, then orders it by the directive, the patch and the live list, in this rank.</summary>
    private static void MergeOrderedLists(ApiMap<object?> original, ApiMap<object?> patch, PatchType type)
    {
        for (var i = patch.Count - 1; i >= 0; i--)
        {
            // Handling one order may remove two entries, so the index is clamped.
            i = Math.Min(i, patch.Count - 1);
            if (i < 0)
            {
                return;
            }

            var directive = patch.KeyAt(i);
            if (!directive.StartsWith(SetElementOrder, StringComparison.Ordinal))
            {
                continue;
            }

            var orderValue = patch.ValueAt(i);
            patch.Remove(directive);
            if (orderValue is not IApiList order)
            {
                throw BadType("[]interface {}", orderValue);
            }

            var key = WithoutPrefix(directive, SetElementOrder) ?? throw Errors.BadRequest("invalid patch format of setElementOrder list");
            MergeOrdered(original, patch, type, key, Items(order));
        }
    }

    private static void MergeOrdered(ApiMap<object?> original, ApiMap<object?> patch, PatchType type, string key, List<object?> order)
    {
        var inOriginal = original.TryGetSlot(key, out var originalValue);
        var inPatch = patch.TryGetSlot(key, out var patchValue);
        var originalItems = !inOriginal ? [] : ValueTree.AsList(originalValue) is { } list ? Items(list) : throw BadType("[]interface {}", originalValue);
        var patchItems = !inPatch ? [] : patchValue is IApiList patchList ? Items(patchList) : throw BadType("[]interface {}", patchValue);
        var (child, strategy, mergeKey) = type.LookupList(key);
        CheckOrder(patchItems, order, mergeKey);
        if (!inOriginal && !inPatch)
        {
            return;
        }

        var merged = !inPatch ? originalItems
            : !inOriginal ? Items(Cleaned(patchItems))
            : strategy == "merge" ? Items(MergeLists(originalItems, patchItems, child, mergeKey, deletes: false))
            : patchItems;
        var elementKind = ElementKind(originalItems, patchItems);
        var (ordered, serverOnly) = Partition(merged, order, mergeKey);
        original.SetSlot(key, ListOf(Arrange(ordered, serverOnly, order, originalItems, mergeKey, elementKind)));
        patch.Remove(key);
    }

    /// <summary>The merge of two lists. What the patch deletes is taken out of <paramref name="original"/> too, whose order counts later.</summary>
    private static ApiList<object?> MergeLists(List<object?> original, List<object?> patch, PatchType element, string mergeKey, bool deletes)
    {
        if (original.Count == 0 && patch.Count == 0)
        {
            return ListOf(original);
        }

        var kind = ElementKind(original, patch);
        List<object?> merged;
        if (kind != "map")
        {
            if (deletes)
            {
                return ListOf(original.FindAll(v => !patch.Exists(p => ValueTree.SameJson(p, v))));
            }

            merged = Distinct([.. original, .. patch]);
        }
        else
        {
            if (mergeKey.Length == 0)
            {
                throw Internal("cannot merge lists without merge key for " + element.Kind);
            }

            (original, patch) = ApplyDirectives(original, patch, mergeKey);
            merged = MergeElements([.. original], patch, element, mergeKey);
        }

        var (ordered, serverOnly) = Partition(merged, patch, mergeKey);
        return ListOf(Arrange(ordered, serverOnly, patch, original, mergeKey, kind));
    }

    /// <summary>Elements with $patch: delete takes matching ones out, replace drops all that were there.</summary>
    private static (List<object?> Original, List<object?> Patch) ApplyDirectives(List<object?> original, List<object?> patch, string mergeKey)
    {
        var plain = new List<object?>(patch.Count);
        var replace = false;
        foreach (var item in patch)
        {
            var map = ValueTree.AsMap(item)!;
            if (!map.TryGetSlot(Directive, out var directive))
            {
                plain.Add(item);
                continue;
            }

            switch (directive)
            {
                case "delete":
                    if (!map.TryGetSlot(mergeKey, out var value))
                    {
                        throw NoMergeKey(map, mergeKey);
                    }

                    original.RemoveAll(o => Matches(o, mergeKey, value));
                    break;
                case "replace":
                    replace = true;
                    break;
                case "merge":
                    throw Internal("merging lists cannot yet be specified in the patch");
                default:
                    throw UnknownDirective(directive, map);
            }
        }

        return replace ? (plain, []) : (original, plain);
    }

    private static List<object?> MergeElements(List<object?> original, List<object?> patch, PatchType element, string mergeKey)
    {
        foreach (var item in patch)
        {
            var map = (ApiMap<object?>)item!;
            if (!map.TryGetSlot(mergeKey, out var value))
            {
                throw NoMergeKey(map, mergeKey);
            }

            var at = original.FindIndex(o => Matches(o, mergeKey, value));
            if (at >= 0)
            {
                original[at] = Merge(Own(ValueTree.AsMap(original[at])!), map, element);
            }
            else
            {
                original.Add(item);
            }
        }

        return original;
    }

    /// <summary>The patch's elements must stand in the directive's order and all be in it; deletions do not count.</summary>
    private static void CheckOrder(List<object?> patch, List<object?> order, string mergeKey)
    {
        if (patch.Count == 0 || order.Count == 0)
        {
            return;
        }

        var items = mergeKey.Length == 0 ? patch : patch.FindAll(static p => !IsDeletion(p));
        int inPatch = 0, inOrder = 0;
        while (inPatch < items.Count && inOrder < order.Count)
        {
            if (HasDirective(items[inPatch]))
            {
                inPatch++;
                continue;
            }

            if (SameKey(items[inPatch], order[inOrder], mergeKey))
            {
                inPatch++;
            }

            inOrder++;
        }

        if (inPatch < items.Count && inOrder >= order.Count)
        {
            throw Internal($"The order in patch list:\n{GoFormat.Value(ListOf(patch))}\n doesn't match $setElementOrder list:\n{GoFormat.Value(ListOf(order))}\n");
        }
    }

    private static (List<object?> Listed, List<object?> Others) Partition(List<object?> items, List<object?> by, string mergeKey)
    {
        var listed = new List<object?>(items.Count);
        var others = new List<object?>();
        foreach (var item in items)
        {
            bool found;
            if (mergeKey.Length == 0)
            {
                found = by.Exists(b => ValueTree.SameJson(b, item));
            }
            else
            {
                var map = ValueTree.AsMap(item) ?? throw BadType("map[string]interface {}", item);
                if (!map.TryGetSlot(mergeKey, out var value))
                {
                    throw NoMergeKey(map, mergeKey);
                }

                found = IsAmong(by, mergeKey, value);
            }

            (found ? listed : others).Add(item);
        }

        return (listed, others);
    }

    private static bool IsAmong(List<object?> items, string mergeKey, object? value)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (ValueTree.AsMap(items[i]) is null)
            {
                throw Internal($"value for key {i} is not a map");
            }

            if (Matches(items[i], mergeKey, value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Both parts sorted by their own order, then woven together so that the live order holds where both know it.</summary>
    private static List<object?> Arrange(List<object?> listed, List<object?> others, List<object?> listedOrder, List<object?> otherOrder, string mergeKey, string kind)
    {
        Sort(listed, listedOrder, mergeKey, kind);
        Sort(others, otherOrder, mergeKey, kind);
        var all = new List<object?>(listed.Count + others.Count);
        int i = 0, j = 0;
        while (i < others.Count && j < listed.Count)
        {
            var left = IndexOf(otherOrder, others[i], mergeKey, kind);
            var right = IndexOf(otherOrder, listed[j], mergeKey, kind);
            all.Add(left >= 0 && right >= 0 && left < right ? others[i++] : listed[j++]);
        }

        all.AddRange(others.Skip(i));
        all.AddRange(listed.Skip(j));
        return all;
    }

    private static void Sort(List<object?> items, List<object?> order, string mergeKey, string kind)
    {
        if (kind == "map")
        {
            foreach (var item in items.Concat(order))
            {
                var map = ValueTree.AsMap(item) ?? throw BadType("map[string]interface {}", item);
                if (!map.TryGetSlot(mergeKey, out _))
                {
                    throw NoMergeKey(map, mergeKey);
                }
            }
        }

        var ranks = items.ConvertAll(item => IndexOf(order, item, mergeKey, kind));

        // Insertion sort keeps equals apart as upstream's does, whose comparison calls everything unlisted smaller.
        for (var i = 1; i < items.Count; i++)
        {
            for (var j = i; j > 0 && (ranks[j] < 0 || ranks[j - 1] < 0 || ranks[j] < ranks[j - 1]); j--)
            {
                (items[j], items[j - 1]) = (items[j - 1], items[j]);
                (ranks[j], ranks[j - 1]) = (ranks[j - 1], ranks[j]);
            }
        }
    }

    private static int IndexOf(List<object?> items, object? item, string mergeKey, string kind)
    {
        if (kind != "map")
        {
            return items.FindIndex(i => ValueTree.SameJson(i, item));
        }

        ValueTree.AsMap(item)!.TryGetSlot(mergeKey, out var value);
        return items.FindIndex(i => Matches(i, mergeKey, value));
    }

    private static bool Matches(object? item, string mergeKey, object? value)
    {
        // The key of a typed element is read without opening it.
        var key = item is ApiStruct structure ? structure.TypeSchema.Find(mergeKey) is { } field ? structure.Slots[field.Ordinal] ?? ValueTree.ZeroOf(field) : null
            : ValueTree.AsMap(item) is { } map && map.TryGetSlot(mergeKey, out var found) ? found : null;
        return key is not null && SameValue(key, value);
    }

    // Go compares what it decoded: 80 and 80.0 are not the same.
    private static bool SameValue(object? left, object? right) =>
        ValueTree.Plain(left) is double == ValueTree.Plain(right) is double && ValueTree.SameJson(left, right);

    private static bool SameKey(object? left, object? right, string mergeKey)
    {
        if (mergeKey.Length == 0)
        {
            return ValueTree.SameJson(left, right);
        }

        var first = ValueTree.AsMap(left) ?? throw BadType("map[string]interface {}", left);
        var second = ValueTree.AsMap(right) ?? throw BadType("map[string]interface {}", right);
        if (!first.TryGetSlot(mergeKey, out var firstKey))
        {
            throw NoMergeKey(first, mergeKey);
        }

        return second.TryGetSlot(mergeKey, out var secondKey) ? SameValue(firstKey, secondKey) : throw NoMergeKey(second, mergeKey);
    }

    /// <summary>map, or another name of the type that all elements share.</summary>
    private static string ElementKind(params ReadOnlySpan<List<object?>> lists)
    {
        string? kind = null;
        foreach (var list in lists)
        {
            foreach (var item in list)
            {
                var plain = ValueTree.Plain(item);
                var current = plain is IApiList ? "list" : plain is ApiStruct or IApiMap ? "map" : GoFormat.TypeOf(plain);
                if (kind is null && current == "list")
                {
                    throw Errors.Make(422, "", "lists of lists are not supported", null);
                }

                kind ??= current;
                if (kind != current)
                {
                    var all = lists.ToArray().Select(static l => (object?)ListOf(l)).ToList();
                    throw Internal("list element types are not identical: " + GoFormat.Value(ListOf(all)));
                }
            }
        }

        return kind ?? throw Internal("no elements in any of the given slices");
    }

    /// <summary>Doubles removed as upstream does it: the last one moves into the gap.</summary>
    private static List<object?> Distinct(List<object?> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            for (var j = i + 1; j < items.Count; j++)
            {
                if (ValueTree.SameJson(items[i], items[j]))
                {
                    items[j] = items[^1];
                    items.RemoveAt(items.Count - 1);
                    j--;
                }
            }
        }

        return items;
    }

    /// <summary>Takes the nulls out of all maps; lists keep theirs.</summary>
    private static void DropNulls(object? value)
    {
        if (value is ApiMap<object?> map)
        {
            for (var i = map.Count - 1; i >= 0; i--)
            {
                if (map.ValueAt(i) is { } item)
                {
                    DropNulls(item);
                }
                else
                {
                    map.Remove(map.KeyAt(i));
                }
            }
        }
        else if (value is ApiList<object?> list)
        {
            for (var i = 0; i < list.Count; i++)
            {
                DropNulls(list.ItemAt(i));
            }
        }
    }

    /// <summary>Takes every map with a directive out of a value, in place where it can; false if the value is such a map itself.</summary>
    private static bool TryClean(ref object? value)
    {
        if (value is ApiMap<object?> map)
        {
            if (HasDirective(map))
            {
                return false;
            }

            for (var i = map.Count - 1; i >= 0; i--)
            {
                var item = map.ValueAt(i);
                if (!TryClean(ref item))
                {
                    map.Remove(map.KeyAt(i));
                }
                else if (!ReferenceEquals(item, map.ValueAt(i)))
                {
                    map.SetSlot(map.KeyAt(i), item);
                }
            }
        }
        else if (value is ApiList<object?> list)
        {
            value = Cleaned(Items(list));
        }

        return true;
    }

    private static ApiList<object?> Cleaned(List<object?> items)
    {
        var clean = new List<object?>(items.Count);
        foreach (var item in items)
        {
            var kept = item;
            if (TryClean(ref kept))
            {
                clean.Add(kept);
            }
        }

        return ListOf(clean);
    }

    private static bool HasDirective(object? item) => item is IApiMap map && map.TryGetSlot(Directive, out _);

    private static bool IsDeletion(object? item) => item is IApiMap map && map.TryGetSlot(Directive, out var directive) && directive is "delete";

    private static string? WithoutPrefix(string key, string prefix)
    {
        var cut = key.IndexOf('/', StringComparison.Ordinal);
        return cut == prefix.Length ? key[(cut + 1)..] : null;
    }

    private static ApiMap<object?> Own(IApiMap map)
    {
        if (map is ApiMap<object?> tree)
        {
            return tree.Copy();
        }

        var copy = new ApiMap<object?>(map.Count);
        for (var i = 0; i < map.Count; i++)
        {
            copy.SetSlot(map.KeyAt(i), map.ValueAt(i));
        }

        return copy;
    }

    private static List<object?> Items(IApiList list)
    {
        var items = new List<object?>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            items.Add(list.ItemAt(i));
        }

        return items;
    }

    private static ApiList<object?> ListOf(List<object?> items) => new([.. items], items.Count);

    private static ApiException BadType(string expected, object? actual) => Internal($"expected a {expected}, but received a {(ValueTree.Plain(actual) is { } given ? GoFormat.TypeOf(given) : "%!s(<nil>)")}");

    private static ApiException NoMergeKey(IApiMap map, string mergeKey) =>
        Internal($"map: {GoFormat.Value(map)} does not contain declared merge key: {mergeKey}");

    private static ApiException UnknownDirective(object? directive, IApiMap map) =>
        Internal($"unknown patch type: {GoFormat.Text(directive)} in map: {GoFormat.Value(map)}");

    /// <summary>What upstream does not expect to fail is answered with 500 and the bare text.</summary>
    private static ApiException Internal(string message) => Errors.Make(500, "", message, null);
}
