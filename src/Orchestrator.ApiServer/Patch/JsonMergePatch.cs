using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Patch;

/// <summary>JSON merge patch (RFC 7386), merged straight into the slots: what the patch does not name is neither read nor copied.</summary>
internal static class JsonMergePatch
{
    /// <summary>The object after the patch; parts that the patch leaves alone are shared with <paramref name="target"/>.</summary>
    /// <exception cref="ApiDecodeException">A value of the patch has the wrong type.</exception>
    public static ApiObject Apply(ApiObject target, IApiMap patch, DecodeIssues? issues) =>
        (ApiObject)MergeStruct(target, patch, new TreeDecoder(issues, dropNulls: true));

    /// <summary>The merge of two JSON trees.</summary>
    public static object? MergeTree(object? target, object? patch)
    {
        if (patch is not IApiMap changes)
        {
            return patch;
        }

        var merged = target switch
        {
            ApiMap<object?> map => map.Copy(),
            _ when ValueTree.AsMap(target) is { } opened => CopyOf(opened),
            _ => new ApiMap<object?>(changes.Count),
        };
        for (var i = 0; i < changes.Count; i++)
        {
            var key = changes.KeyAt(i);
            if (changes.ValueAt(i) is { } value)
            {
                merged.SetSlot(key, MergeTree(merged.TryGetSlot(key, out var old) ? old : null, value));
            }
            else
            {
                merged.Remove(key);
            }
        }

        return merged;
    }

    private static ApiStruct MergeStruct(ApiStruct target, IApiMap patch, TreeDecoder decoder)
    {
        var schema = target.TypeSchema;
        var slots = (object?[])target.Slots.Clone();
        for (var i = 0; i < patch.Count; i++)
        {
            var key = patch.KeyAt(i);
            var value = patch.ValueAt(i);
            if (schema.Find(key) is { } field && field.Name[0] != '(')
            {
                decoder.Enter(schema, field);
                slots[field.Ordinal] = MergeField(field, slots[field.Ordinal], value, decoder);
                decoder.Leave();
            }
            else if (target is CustomObject custom)
            {
                var content = slots[3] as ApiMap<object?> ?? custom.Content;
                var changed = new ApiMap<object?>(1);
                changed.SetSlot(key, value);
                slots[3] = MergeTree(content, changed);
            }
            else if (value is not null)
            {
                decoder.Unknown(key);
            }
        }

        return schema.Create(slots);
    }

    private static object? MergeField(FieldSchema field, object? old, object? value, TreeDecoder decoder)
    {
        if (value is null)
        {
            return null;
        }

        object? merged;
        if (value is not IApiMap patch)
        {
            merged = decoder.Field(field, value);
        }
        else if (field.Shape == FieldShape.Map)
        {
            merged = MergeMap(field, old as IApiMap, patch, decoder);
        }
        else if (field.Shape == FieldShape.Single && field.Kind == FieldKind.Raw)
        {
            merged = RawJson.Of(MergeTree((old as RawJson)?.Value, value));
        }
        else if (field.Shape == FieldShape.Single && field.Kind == FieldKind.Struct)
        {
            merged = MergeStructValue(field, old as ApiStruct, patch, decoder);
            if (!field.Pointer && merged is ApiStruct { IsZero: true })
            {
                return null;
            }
        }
        else
        {
            merged = decoder.Field(field, MergeTree(ValueTree.AsMap(old), value));
        }

        // Equal values keep their reference, so that later comparisons end at once.
        return Values.DeepEquals(old, merged) ? old : merged;
    }

    private static ApiStruct MergeStructValue(FieldSchema field, ApiStruct? old, IApiMap patch, TreeDecoder decoder)
    {
        var target = old ?? field.Struct!.Create();
        return ValueTree.IsAlternative(target)
            ? decoder.Struct(field.Struct!, MergeTree(ValueTree.AsMap(target), patch))
            : MergeStruct(target, patch, decoder);
    }

    private static IApiMap? MergeMap(FieldSchema field, IApiMap? old, IApiMap patch, TreeDecoder decoder)
    {
        // Both are sorted by key, so one pass merges them.
        var merged = ApiJsonReader.NewMap(field);
        int i = 0, j = 0;
        var oldCount = old?.Count ?? 0;
        while (i < oldCount || j < patch.Count)
        {
            var order = i >= oldCount ? 1 : j >= patch.Count ? -1 : string.CompareOrdinal(old!.KeyAt(i), patch.KeyAt(j));
            if (order < 0)
            {
                merged.SetSlot(old!.KeyAt(i), old.ValueAt(i));
                i++;
                continue;
            }

            var key = patch.KeyAt(j);
            if (patch.ValueAt(j) is { } value)
            {
                decoder.EnterKey(key);
                var before = order == 0 ? old!.ValueAt(i) : null;
                merged.SetSlot(key, value is IApiMap nested && field.Kind == FieldKind.Struct
                    ? MergeStructValue(field, before as ApiStruct, nested, decoder)
                    : decoder.Single(field, value is IApiMap ? MergeTree(ValueTree.Plain(before), value) : value));
                decoder.Leave();
            }

            j++;
            if (order == 0)
            {
                i++;
            }
        }

        return merged.Count == 0 && field.OmitEmpty ? null : merged;
    }

    private static ApiMap<object?> CopyOf(IApiMap map)
    {
        var copy = new ApiMap<object?>(map.Count);
        for (var i = 0; i < map.Count; i++)
        {
            copy.SetSlot(map.KeyAt(i), map.ValueAt(i));
        }

        return copy;
    }
}
