using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// Merges an applied configuration into an object. The result is a tree in which everything that the configuration does not touch is still the
/// object's own value.
/// </summary>
internal static class ValueMerger
{
    /// <exception cref="ApplyException">The values do not fit together.</exception>
    public static object? Merge(MapType type, object? live, object? config) => Node(type, live, config);

    private static object? Node(FieldType declared, object? live, object? config)
    {
        // What only one side has is taken as it is.
        if (ReferenceEquals(config, ValueComparer.Missing))
        {
            return live;
        }

        if (ReferenceEquals(live, ValueComparer.Missing))
        {
            return config;
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
        var type = declared;
        if (declared is DeducedType)
        {
            var left = ValueComparer.Resolve(declared, live);
            var right = ValueComparer.Resolve(declared, config);
            if (left is not null && right is not null && !ReferenceEquals(left, right))
            {
                return config;
            }

            type = right ?? left ?? ScalarType.Any;
        }

        switch (type)
        {
            case ListType { IsAssociative: true } list:
                var liveItems = ValueTree.AsList(live);
                var configItems = ValueTree.AsList(config);
                return (liveItems?.Count ?? 0) == 0 && (configItems?.Count ?? 0) == 0 ? config : Items(list, liveItems, configItems);
            case MapType { IsAtomic: false } map:
                if (ValueTree.AsMap(config) is not { Count: > 0 } changes)
                {
                    // Nothing to merge; an empty map against an empty one still tells {} from null.
                    return live is ApiStruct ? live : ValueTree.AsMap(live) is { Count: > 0 } ? live : config;
                }

                return Entries(map, live, changes);
            default:
                return config;
        }
    }

    private static object? Entries(MapType type, object? live, IApiMap changes)
    {
        var merged = live switch
        {
            ApiStruct structure when !ValueTree.IsAlternative(structure) => ValueTree.Open(structure),
            ApiMap<object?> tree => tree.Copy(),
            _ => Copy(ValueTree.AsMap(live)),
        };
        for (var i = 0; i < changes.Count; i++)
        {
            var key = changes.KeyAt(i);
            var below = type.Find(key)?.Type ?? type.Element ?? FieldType.Deduced;
            merged.SetSlot(key, Node(below, merged.TryGetSlot(key, out var old) ? old : ValueComparer.Missing, changes.ValueAt(i)));
        }

        return merged;
    }

    /// <summary>
    /// Items of both, in an order that keeps the configuration's, and the live one's where the configuration says nothing. Doubles in the live list
    /// stay until the configuration names them.
    /// </summary>
    private static ApiList<object?> Items(ListType type, IApiList? live, IApiList? config)
    {
        var liveElements = Elements(type, live);
        var configElements = Elements(type, config);
        var liveIndex = ItemIndex.Of(type, live);
        var configIndex = ItemIndex.Of(type, config);
        var shared = new Queue<PathElement>(configElements.Where(e => liveIndex.Find(e) is not null));
        shared.TryDequeue(out var next);
        var taken = new HashSet<PathElement>();
        var result = new List<object?>(Math.Max(liveElements.Length, configElements.Length));
        int l = 0, c = 0;
        while (l < liveElements.Length || c < configElements.Length)
        {
            if (l < liveElements.Length && c < configElements.Length)
            {
                var element = liveElements[l];
                if (element.Equals(configElements[c]))
                {
                    Take(element);
                    l++;
                    c++;
                    next = shared.TryDequeue(out var following) ? following : null;
                    continue;
                }

                if (configIndex.Find(element) is not null && next is not null && !next.Equals(element))
                {
                    // Shared, but the configuration wants another one first.
                    l++;
                    continue;
                }
            }

            if (l < liveElements.Length)
            {
                var element = liveElements[l];
                if (configIndex.Find(element) is null)
                {
                    result.Add(live!.ItemAt(l));
                    l++;
                    continue;
                }

                if (taken.Contains(element))
                {
                    l++;
                }
            }

            if (c < configElements.Length)
            {
                var element = configElements[c];
                Take(element);
                c++;
                if (next is not null && next.Equals(element))
                {
                    next = shared.TryDequeue(out var following) ? following : null;
                }
            }
        }

        return new([.. result], result.Count);

        void Take(PathElement element)
        {
            taken.Add(element);

            // Doubles are not merged with; the configuration's item replaces them.
            var old = liveIndex.Find(element) is { Count: 1 } one ? one.First : ValueComparer.Missing;
            result.Add(Node(type.Element, old, configIndex.Find(element)!.First));
        }
    }

    private static PathElement[] Elements(ListType type, IApiList? list)
    {
        var elements = new PathElement[list?.Count ?? 0];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = type.ElementOf(list!.ItemAt(i), out var error) ?? throw new ApplyException($"element {i}: {error}");
        }

        return elements;
    }

    private static ApiMap<object?> Copy(IApiMap? map)
    {
        var copy = new ApiMap<object?>(map?.Count ?? 0);
        for (var i = 0; i < (map?.Count ?? 0); i++)
        {
            copy.SetSlot(map!.KeyAt(i), map.ValueAt(i));
        }

        return copy;
    }
}
