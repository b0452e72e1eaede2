using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Cel.Values;

namespace Orchestrator.ApiServer.Expressions;

/// <summary>API objects and JSON trees as values of expressions: adapters, nothing is copied. What JSON writes as text is text.</summary>
internal static class ApiValues
{
    /// <summary>A value of a slot or of a JSON tree.</summary>
    public static CelValue Of(object? slot) => slot switch
    {
        null => CelValue.Null,
        string text => text,
        bool flag => flag,
        long number => number,
        int number => number,
        double number => CelValue.Double(number),
        ApiStruct structure => new StructValue(structure),
        IApiMap map => new MapValue(map),
        IApiList list => new ListValue(list),
        IntOrString either => either.IsText ? either.Text! : (long)either.Int,
        Quantity quantity => quantity.ToString(),
        DateTimeOffset time => ApiTime.Format(time),
        TimeSpan span => GoDuration.Format(span),
        byte[] bytes => Convert.ToBase64String(bytes),
        RawJson raw => Of(raw.Value),
        _ => CelValue.Error($"no value for {slot.GetType().Name}"),
    };

    /// <summary>A field's value as JSON would show it; false if it would not.</summary>
    public static bool TryField(ApiStruct structure, FieldSchema field, out CelValue value)
    {
        var slot = structure.GetSlot(field.Ordinal);
        if (slot is not null)
        {
            value = field.Kind == FieldKind.MicroTime && slot is DateTimeOffset time ? ApiTime.FormatMicro(time) : Of(slot);
            return true;
        }

        value = default;
        if (ApiJsonWriter.OmitsNull(field))
        {
            return false;
        }

        if (!field.Pointer && field.Shape == FieldShape.Single)
        {
            value = field.Kind switch
            {
                FieldKind.String => "",
                FieldKind.Bool => false,
                FieldKind.Int32 or FieldKind.Int64 or FieldKind.IntOrString => 0L,
                FieldKind.Double => CelValue.Double(0),
                FieldKind.Duration => "0s",
                FieldKind.Quantity => "0",
                FieldKind.Struct => Of(field.Struct!.Create()),
                _ => default,
            };
        }

        return true;
    }

    /// <summary>A value as JSON tree, for what expressions make.</summary>
    /// <exception cref="FormatException">The value has no JSON form.</exception>
    public static object? ToTree(in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Null:
                return null;
            case CelKind.Bool:
                return value.AsBool;
            case CelKind.Int:
                return value.AsInt;
            case CelKind.UInt:
                return value.AsUInt <= long.MaxValue ? (long)value.AsUInt : (double)value.AsUInt;
            case CelKind.Double:
                return value.AsDouble;
            case CelKind.String:
                return value.AsString;
            case CelKind.Bytes:
                return Convert.ToBase64String(value.AsBytes.Data.Span);
            case CelKind.Timestamp:
                return value.ToString();
            case CelKind.Duration:
                return CelDurations.SecondsString(value.AsNanoseconds);
            case CelKind.List:
                var list = value.AsList;
                var items = new object?[list.Count];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = ToTree(list[i]);
                }

                return ApiList.Create<object?>(items);
            case CelKind.Map:
                var map = new ApiMap<object?>();
                foreach (var key in value.AsMap.Keys)
                {
                    value.AsMap.TryGet(key, out var inner);
                    map.SetSlot(key.ToString(), ToTree(inner));
                }

                return map;
            case CelKind.Opaque when value.Reference is ObjectLiteral literal:
                return literal.ToTree();
            default:
                throw new FormatException($"cannot convert {value.Type.Name} to JSON");
        }
    }
}
