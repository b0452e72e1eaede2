using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Patch;

/// <summary>
/// JSON trees that may hold API values not yet taken apart: a patch opens only the structs it touches, everything else stays the object it was
/// and is put back as it is by <see cref="TreeDecoder"/>.
/// </summary>
internal static class ValueTree
{
    /// <summary>One level of a struct: the fields that JSON would show, with their values as slots hold them.</summary>
    public static ApiMap<object?> Open(ApiStruct value)
    {
        if (value is CustomObject custom)
        {
            return OpenCustom(custom);
        }

        var fields = value.TypeSchema.Fields;
        var slots = value.Slots;
        var map = new ApiMap<object?>(CountShown(fields, slots));
        for (var i = 0; i < fields.Length; i++)
        {
            if (slots[i] is { } slot)
            {
                map.SetSlot(fields[i].Name, fields[i].Kind == FieldKind.MicroTime ? WithMicros(slot) : slot);
            }
            else if (!ApiJsonWriter.OmitsNull(fields[i]))
            {
                map.SetSlot(fields[i].Name, ZeroOf(fields[i]));
            }
        }

        return map;
    }

    /// <summary>A value as JSON has it, one level: texts for quantities and times, the tree of raw JSON; structs, lists and maps as they are.</summary>
    public static object? Plain(object? value) => value switch
    {
        null or string or long or bool or double => value,
        ApiStruct structure => IsAlternative(structure) ? PlainAlternative(structure) : structure,
        IApiList or IApiMap => value,
        Quantity quantity => quantity.ToString(),
        DateTimeOffset time => ApiTime.Format(time),
        IntOrString either => either.IsText ? either.Text : Boxed.Of((long)either.Int),
        RawJson raw => raw.Value,
        byte[] bytes => Convert.ToBase64String(bytes),
        TimeSpan span => GoDuration.Format(span),
        int number => Boxed.Of((long)number),
        _ => throw new ArgumentException($"A {value.GetType()} is no value of an API object.", nameof(value)),
    };

    /// <summary>The entries of an object-like value; null if it is none.</summary>
    public static IApiMap? AsMap(object? value) => value switch
    {
        ApiStruct structure => IsAlternative(structure) ? AsMap(PlainAlternative(structure)) : Open(structure),
        IApiMap map => map,
        RawJson raw => raw.Value as IApiMap,
        _ => null,
    };

    /// <summary>The items of a list-like value; null if it is none.</summary>
    public static IApiList? AsList(object? value) => value switch
    {
        IApiList list => list,
        RawJson raw => raw.Value as IApiList,
        ApiStruct structure when IsAlternative(structure) => AsList(PlainAlternative(structure)),
        _ => null,
    };

    /// <summary>Whether two values are the same JSON.</summary>
    public static bool SameJson(object? left, object? right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        if (left is ApiStruct first && right is ApiStruct second && ReferenceEquals(first.TypeSchema, second.TypeSchema))
        {
            return first.Equals(second);
        }

        if (left is DateTimeOffset time && right is DateTimeOffset otherTime)
        {
            // Their texts would hide microseconds.
            return time == otherTime;
        }

        (left, right) = (Plain(left), Plain(right));
        switch (left)
        {
            case null:
                return right is null;
            case string text:
                return right is string other && text == other;
            case bool flag:
                return right is bool otherFlag && flag == otherFlag;
            case long number:
                return right switch { long n => n == number, double d => d == number, _ => false };
            case double number:
                return right switch { long n => n == number, double d => d.Equals(number), _ => false };
        }

        if (AsList(left) is { } list)
        {
            return AsList(right) is { } otherList && SameItems(list, otherList);
        }

        return AsMap(left) is { } map && AsMap(right) is { } otherMap && SameEntries(map, otherMap);
    }

    private static bool SameItems(IApiList left, IApiList right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (!SameJson(left.ItemAt(i), right.ItemAt(i)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameEntries(IApiMap left, IApiMap right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (left.KeyAt(i) != right.KeyAt(i) || !SameJson(left.ValueAt(i), right.ValueAt(i)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What JSON shows for an unset field that it does not leave out.</summary>
    public static object? ZeroOf(FieldSchema field)
    {
        if (field.Pointer || field.Shape != FieldShape.Single)
        {
            return null;
        }

        return field.Kind switch
        {
            FieldKind.String => "",
            FieldKind.Bool => Boxed.False,
            FieldKind.Int32 or FieldKind.Int64 or FieldKind.IntOrString => Boxed.Of(0L),
            FieldKind.Double => 0d,
            FieldKind.Duration => "0s",
            FieldKind.Quantity => Quantity.Zero,
            FieldKind.Struct => field.Struct!.Create(),
            _ => null,
        };
    }

    /// <summary>The JSONSchemaPropsOr… types, which are in JSON what they hold.</summary>
    public static bool IsAlternative(ApiStruct value) =>
        value.Slots.Length == 2 && value.TypeSchema.Name.StartsWith("apiextensions_v1.JSONSchemaPropsOr", StringComparison.Ordinal);

    private static object? PlainAlternative(ApiStruct value) => value.TypeSchema.TypeName == "JSONSchemaPropsOrBool"
        ? value.Slots[0] ?? value.Slots[1] ?? Boxed.False
        : value.Slots[1] is IApiList { Count: > 0 } list ? list : value.Slots[0];

    private static int CountShown(FieldSchema[] fields, object?[] slots)
    {
        var count = 0;
        for (var i = 0; i < fields.Length; i++)
        {
            if (slots[i] is not null || !ApiJsonWriter.OmitsNull(fields[i]))
            {
                count++;
            }
        }

        return count;
    }

    private static object WithMicros(object slot) => slot switch
    {
        DateTimeOffset time => ApiTime.FormatMicro(time),
        _ => slot,
    };

    private static ApiMap<object?> OpenCustom(CustomObject custom)
    {
        var map = custom.Content.Copy();
        for (var i = 0; i < 3; i++)
        {
            if (custom.Slots[i] is { } slot)
            {
                map.SetSlot(CustomObject.ApiType.Fields[i].Name, slot);
            }
        }

        return map;
    }
}
