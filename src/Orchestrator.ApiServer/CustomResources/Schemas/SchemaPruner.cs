using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>Drops the fields that a schema does not know (upstream's structural pruning). What changes is copied, the rest shared.</summary>
internal sealed class SchemaPruner
{
    private readonly List<string>? _unknown;
    private readonly List<string> _path = [];

    private SchemaPruner(List<string>? unknown) => _unknown = unknown;

    /// <summary>The content of an object (all but apiVersion, kind and metadata) without unknown fields; itself if it has none.</summary>
    /// <param name="content">The content.</param>
    /// <param name="schema">The root of the schema.</param>
    /// <param name="unknown">Takes the paths of what was dropped, sorted; null when nobody asks.</param>
    public static ApiMap<object?> PruneContent(ApiMap<object?> content, SchemaNode schema, List<string>? unknown)
    {
        var before = unknown?.Count ?? 0;
        var pruned = (ApiMap<object?>)new SchemaPruner(unknown).Prune(content, schema, isRoot: true)!;
        unknown?.Sort(before, unknown.Count - before, StringComparer.Ordinal);
        return pruned;
    }

    /// <summary>Any value below the root; an embedded resource keeps its apiVersion, kind and metadata.</summary>
    public static object? PruneValue(object? value, SchemaNode schema) => new SchemaPruner(null).Prune(value, schema, isRoot: false);

    private object? Prune(object? value, SchemaNode? schema, bool isRoot)
    {
        if (schema is { PreservesUnknownFields: true })
        {
            return Skip(value, schema);
        }

        switch (value)
        {
            case IApiMap map:
                return PruneMap((ApiMap<object?>)map, schema, isRoot);
            case IApiList list:
                return Items((ApiList<object?>)list, schema?.Items, skip: false);
            default:
                return value;
        }
    }

    private ApiMap<object?> PruneMap(ApiMap<object?> map, SchemaNode? schema, bool isRoot)
    {
        ApiMap<object?>? copy = null;
        for (var i = 0; i < map.Count; i++)
        {
            var key = map.KeyAt(i);
            var value = map.ValueAt(i);
            if ((isRoot || schema is { IsEmbeddedResource: true }) && key is "apiVersion" or "kind" or "metadata")
            {
                continue;
            }

            if (schema is not null && (schema.Property(key) is not null || schema.HasAdditionalProperties))
            {
                Enter(key);
                var pruned = Prune(value, schema.Field(key), isRoot: false);
                Leave();
                if (!ReferenceEquals(pruned, value))
                {
                    (copy ??= map.Copy()).SetSlot(key, pruned);
                }
            }
            else
            {
                Record(key);
                (copy ??= map.Copy()).Remove(key);
            }
        }

        return copy ?? map;
    }

    /// <summary>Fields that nobody declared stay; what is declared is pruned inside.</summary>
    private object? Skip(object? value, SchemaNode? schema)
    {
        if (schema is null)
        {
            return value;
        }

        if (value is ApiList<object?> list)
        {
            return Items(list, schema.Items, skip: true);
        }

        if (value is not ApiMap<object?> map)
        {
            return value;
        }

        ApiMap<object?>? copy = null;
        for (var i = 0; i < map.Count; i++)
        {
            var key = map.KeyAt(i);
            if ((schema.IsEmbeddedResource && key is "apiVersion" or "kind" or "metadata") || schema.Field(key) is not { } field)
            {
                continue;
            }

            Enter(key);
            var pruned = Prune(map.ValueAt(i), field, isRoot: false);
            Leave();
            if (!ReferenceEquals(pruned, map.ValueAt(i)))
            {
                (copy ??= map.Copy()).SetSlot(key, pruned);
            }
        }

        return copy ?? map;
    }

    private ApiList<object?> Items(ApiList<object?> list, SchemaNode? items, bool skip)
    {
        object?[]? copy = null;
        for (var i = 0; i < list.Count; i++)
        {
            var value = list.ItemAt(i);
            if (value is not (IApiMap or IApiList))
            {
                continue;
            }

            Enter(null, i);
            var pruned = skip ? Skip(value, items) : Prune(value, items, isRoot: false);
            Leave();
            if (!ReferenceEquals(pruned, value))
            {
                copy ??= Enumerable.Range(0, list.Count).Select(list.ItemAt).ToArray();
                copy[i] = pruned;
            }
        }

        return copy is null ? list : new ApiList<object?>(copy, copy.Length);
    }

    private void Enter(string? key, int index = 0)
    {
        if (_unknown is not null)
        {
            _path.Add(key is not null ? (_path.Count > 0 ? "." : "") + key : "[" + index.ToString(CultureInfo.InvariantCulture) + "]");
        }
    }

    private void Leave()
    {
        if (_unknown is not null)
        {
            _path.RemoveAt(_path.Count - 1);
        }
    }

    private void Record(string key)
    {
        if (_unknown is not null)
        {
            _unknown.Add(string.Concat(_path) + (_path.Count > 0 ? "." : "") + key);
        }
    }
}
