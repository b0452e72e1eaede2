using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Schemas;

/// <summary>Sets and map lists hold every item, or key, once.</summary>
internal static class ListRules
{
    /// <summary>All faults of a value.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="at">Where it stands; null for the object itself.</param>
    /// <param name="errors">Takes the faults.</param>
    public static void Validate(SchemaNode schema, object? value, FieldPath? at, FieldErrorList errors)
    {
        switch (value)
        {
            case IApiMap map:
                for (var i = 0; i < map.Count; i++)
                {
                    var key = map.KeyAt(i);
                    if (map.ValueAt(i) is not (IApiMap or IApiList))
                    {
                        continue;
                    }

                    if (schema.Property(key) is { } property)
                    {
                        Validate(property, map.ValueAt(i), at.Sub(key), errors);
                    }
                    else if (schema.AdditionalProperties is { } values)
                    {
                        Validate(values, map.ValueAt(i), at is null ? FieldPath.Root("").Key(key) : at.Key(key), errors);
                    }
                }

                break;
            case IApiList list:
                switch (schema.ListType)
                {
                    case "set":
                        Unique(list, at!, static item => item, errors);
                        break;
                    case "map":
                        MapList(schema, list, at!, errors);
                        break;
                }

                for (var i = 0; schema.Items is not null && i < list.Count; i++)
                {
                    Validate(schema.Items, list.ItemAt(i), at!.Index(i), errors);
                }

                break;
        }
    }

    private static void MapList(SchemaNode schema, IApiList list, FieldPath at, FieldErrorList errors)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list.ItemAt(i) is not (IApiMap or null))
            {
                errors.Invalid(at.Index(i), list.ItemAt(i), "must be an object for an array of list-type map");
                return;
            }
        }

        Unique(list, at, item => KeyOf(schema, item as IApiMap), errors);
    }

    private static ApiMap<object?> KeyOf(SchemaNode schema, IApiMap? item)
    {
        var key = new ApiMap<object?>(schema.MapKeys.Length);
        foreach (var name in schema.MapKeys)
        {
            if (item is not null && item.TryGetSlot(name, out var value))
            {
                key.SetSlot(name, value);
            }
        }

        return key;
    }

    private static void Unique(IApiList list, FieldPath at, Func<object?, object?> identity, FieldErrorList errors)
    {
        if (list.Count <= 1)
        {
            return;
        }

        var seen = new Dictionary<string, int>(list.Count, StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var id = identity(list.ItemAt(i));
            var text = Encoding.UTF8.GetString(ApiJson.WriteValueToArray(id));
            var times = seen[text] = seen.GetValueOrDefault(text) + 1;
            if (times == 2)
            {
                // Further ones are not told: the list is wrong already.
                errors.Duplicate(at.Index(i), id);
            }
        }
    }
}
