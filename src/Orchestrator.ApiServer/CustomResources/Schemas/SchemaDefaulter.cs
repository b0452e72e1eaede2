using Orchestrator.Api;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>
/// Fills in a schema's defaults and drops nulls where null is not allowed (upstream's structural defaulting). What changes is copied, the rest shared.
/// </summary>
internal static class SchemaDefaulter
{
    /// <summary>The value with its defaults; itself if nothing was missing.</summary>
    public static object? Default(object? value, SchemaNode schema) => DropNulls(Fill(value, schema), schema);

    /// <summary>The content with its defaults; nulls stay, but for those that have a default instead.</summary>
    public static ApiMap<object?> FillContent(ApiMap<object?> content, SchemaNode schema) => (ApiMap<object?>)Fill(content, schema)!;

    /// <inheritdoc cref="Default"/>
    public static ApiMap<object?> DefaultContent(ApiMap<object?> content, SchemaNode schema) => (ApiMap<object?>)Default(content, schema)!;

    private static object? Fill(object? value, SchemaNode? schema)
    {
        if (schema is not { HasDefaults: true })
        {
            return value;
        }

        return value switch
        {
            ApiMap<object?> map => FillMap(map, schema),
            ApiList<object?> list when schema.Items is { } items => Map(list, item => Fill(item is null && !items.IsNullable ? items.Default : item, items)),
            _ => value,
        };
    }

    private static ApiMap<object?> FillMap(ApiMap<object?> map, SchemaNode schema)
    {
        ApiMap<object?>? copy = null;
        foreach (var (name, property) in schema.Properties)
        {
            if (property.Default is not null && (!map.TryGetSlot(name, out var present) || (present is null && !property.IsNullable)))
            {
                (copy ??= map.Copy()).SetSlot(name, property.Default);
            }
        }

        var filled = copy ?? map;
        for (var i = 0; i < filled.Count; i++)
        {
            var key = filled.KeyAt(i);
            var value = filled.ValueAt(i);
            if (schema.Field(key) is not { } field)
            {
                continue;
            }

            if (value is null && !field.IsNullable && field.Default is not null)
            {
                value = field.Default;
            }

            var next = Fill(value, field);
            if (!ReferenceEquals(next, filled.ValueAt(i)))
            {
                filled = copy ??= map.Copy();
                copy.SetSlot(key, next);
            }
        }

        return filled;
    }

    /// <summary>A null in a field that is not nullable and has no default is as good as absent.</summary>
    private static object? DropNulls(object? value, SchemaNode? schema)
    {
        if (schema is null)
        {
            return value;
        }

        switch (value)
        {
            case ApiMap<object?> map:
                ApiMap<object?>? copy = null;
                for (var i = 0; i < map.Count; i++)
                {
                    var key = map.KeyAt(i);
                    if (schema.Field(key) is not { } field)
                    {
                        continue;
                    }

                    if (map.ValueAt(i) is not { } present)
                    {
                        if (!field.IsNullable)
                        {
                            (copy ??= map.Copy()).Remove(key);
                        }

                        continue;
                    }

                    var next = DropNulls(present, field);
                    if (!ReferenceEquals(next, present))
                    {
                        (copy ??= map.Copy()).SetSlot(key, next);
                    }
                }

                return copy ?? map;
            case ApiList<object?> list when schema.Items is { } items:
                return Map(list, item => DropNulls(item, items));
            default:
                return value;
        }
    }

    private static ApiList<object?> Map(ApiList<object?> list, Func<object?, object?> item)
    {
        object?[]? copy = null;
        for (var i = 0; i < list.Count; i++)
        {
            var next = item(list.ItemAt(i));
            if (!ReferenceEquals(next, list.ItemAt(i)))
            {
                copy ??= Enumerable.Range(0, list.Count).Select(list.ItemAt).ToArray();
                copy[i] = next;
            }
        }

        return copy is null ? list : new ApiList<object?>(copy, copy.Length);
    }
}
