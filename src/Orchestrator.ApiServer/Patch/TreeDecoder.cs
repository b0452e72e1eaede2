using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Patch;

/// <summary>Makes typed objects of JSON trees, in the words of upstream's unstructured converter. Values that are typed already are shared, not copied.</summary>
/// <param name="issues">Takes unknown fields; null when nobody asks.</param>
/// <param name="dropNulls">Null map values are left out instead of read as zero, as a merge into nothing has it.</param>
internal sealed class TreeDecoder(DecodeIssues? issues, bool dropNulls = false)
{
    private readonly JsonPath _path = new();

    /// <exception cref="ApiDecodeException">A value has the wrong type.</exception>
    public ApiStruct Struct(StructSchema schema, object? tree)
    {
        if (tree is ApiStruct ready && ReferenceEquals(ready.TypeSchema, schema))
        {
            return ready;
        }

        if (schema.Name.StartsWith("apiextensions_v1.JSONSchemaPropsOr", StringComparison.Ordinal))
        {
            return ApiJson.Read(schema, ApiJson.WriteValueToArray(tree));
        }

        if (ValueTree.AsMap(tree) is not { } map)
        {
            throw new ApiDecodeException("cannot restore struct from: " + GoKind(tree));
        }

        var slots = new object?[schema.FieldCount];
        if (ReferenceEquals(schema, CustomObject.ApiType))
        {
            return Custom(map, slots);
        }

        for (var i = 0; i < map.Count; i++)
        {
            var key = map.KeyAt(i);
            if (schema.Find(key) is not { } field)
            {
                issues?.Add("unknown field \"" + _path.Format(key) + "\"");
                continue;
            }

            slots[field.Ordinal] = map.ValueAt(i);
        }

        // In the fields' order, in which upstream meets the first misfit.
        foreach (var field in schema.Fields)
        {
            if (slots[field.Ordinal] is { } value)
            {
                _path.PushField(schema, field);
                slots[field.Ordinal] = Field(field, value);
                _path.Pop();
            }
        }

        return schema.Create(slots);
    }

    /// <summary>Runs a step under a path segment, for callers that walk structs themselves.</summary>
    public void Enter(StructSchema schema, FieldSchema field) => _path.PushField(schema, field);

    public void EnterKey(string key) => _path.PushKey(key);

    public void Leave() => _path.Pop();

    public void Unknown(string name) => issues?.Add("unknown field \"" + _path.Format(name) + "\"");

    /// <summary>The slot value of a field.</summary>
    public object? Field(FieldSchema field, object? value)
    {
        if (value is null)
        {
            return null;
        }

        switch (field.Shape)
        {
            case FieldShape.Single:
                var single = Single(field, value);
                return (!field.Pointer && Values.IsZero(single)) || (single is byte[] { Length: 0 } && field.OmitEmpty) ? null : single;
            case FieldShape.List:
                var list = List(field, value);
                return list.Count == 0 && field.OmitEmpty && field.Name != "managedFields" ? null : list;
            case FieldShape.Map:
                var map = Map(field, value);
                return map.Count == 0 && field.OmitEmpty ? null : map;
            default:
                var lists = MapOfLists(field, value);
                return lists.Count == 0 && field.OmitEmpty ? null : lists;
        }
    }

    /// <summary>One value of a field's kind: of the field itself, a list item or a map value.</summary>
    public object? Single(FieldSchema field, object? value)
    {
        if (value is null)
        {
            return ApiJsonReader.Zero(field);
        }

        switch (field.Kind)
        {
            case FieldKind.Struct:
                return Struct(field.Struct!, value);
            case FieldKind.Raw:
                return value as RawJson ?? RawJson.Of(value);
            case FieldKind.Quantity when value is Quantity:
            case FieldKind.IntOrString when value is IntOrString:
            case FieldKind.Time or FieldKind.MicroTime when value is DateTimeOffset:
            case FieldKind.Duration when value is TimeSpan:
            case FieldKind.Bytes when value is byte[]:
                return value;
        }

        value = ValueTree.Plain(value);
        return field.Kind switch
        {
            FieldKind.String => value as string ?? throw Mismatch(value, Named(field, "string"), value is long),
            FieldKind.Bool => value is bool ? value : throw Mismatch(value, "bool", numeric: false),
            FieldKind.Int32 or FieldKind.Int64 => Integer(field, value),
            FieldKind.Double => value switch
            {
                double => value,
                long number => (double)number,
                _ => throw Mismatch(value, "float64", numeric: false),
            },
            FieldKind.Quantity => ToQuantity(value),
            FieldKind.IntOrString => value is string text ? new IntOrString(text)
                : value is long number && number is >= int.MinValue and <= int.MaxValue ? new IntOrString((int)number)
                : throw new ApiDecodeException($"json: cannot unmarshal {GoJsonKind(value)} into Go value of type int32"),
            FieldKind.Time or FieldKind.MicroTime => ToTime(field.Kind == FieldKind.MicroTime, value),
            FieldKind.Duration => value is string span && GoDuration.TryParse(span, out var duration) ? duration
                : throw new ApiDecodeException(value is string bad ? "time: invalid duration " + GoText.Quote(bad) : $"json: cannot unmarshal {GoJsonKind(value)} into Go value of type string"),
            _ => value is string base64 ? Bytes(base64) : throw new ApiDecodeException("cannot restore slice from " + GoKind(value)),
        };
    }

    /// <summary>A scalar tree value or a map value of a field, whose element is a struct or scalar.</summary>
    private IApiList List(FieldSchema field, object value)
    {
        if (ValueTree.AsList(value) is not { } list)
        {
            throw new ApiDecodeException("cannot restore slice from " + GoKind(value));
        }

        var items = new object?[list.Count];
        _path.PushIndex(0);
        for (var i = 0; i < items.Length; i++)
        {
            _path.SetIndex(i);
            items[i] = Single(field, list.ItemAt(i));
        }

        _path.Pop();
        return ApiJsonReader.NewList(field, items);
    }

    private IApiMap Map(FieldSchema field, object value)
    {
        if (ValueTree.AsMap(value) is not { } source)
        {
            throw new ApiDecodeException("cannot restore map from " + GoKind(value));
        }

        var map = ApiJsonReader.NewMap(field);
        for (var i = 0; i < source.Count; i++)
        {
            var item = source.ValueAt(i);
            if (item is null && dropNulls)
            {
                continue;
            }

            _path.PushKey(source.KeyAt(i));
            map.SetSlot(source.KeyAt(i), Single(field, item));
            _path.Pop();
        }

        return map;
    }

    private ApiMap<ApiList<string>> MapOfLists(FieldSchema field, object value)
    {
        if (ValueTree.AsMap(value) is not { } source)
        {
            throw new ApiDecodeException("cannot restore map from " + GoKind(value));
        }

        var map = new ApiMap<ApiList<string>>();
        for (var i = 0; i < source.Count; i++)
        {
            map.SetSlot(source.KeyAt(i), source.ValueAt(i) is { } item ? List(field, item) : ApiList<string>.Empty);
        }

        return map;
    }

    private CustomObject Custom(IApiMap map, object?[] slots)
    {
        var content = new ApiMap<object?>(map.Count);
        for (var i = 0; i < map.Count; i++)
        {
            var key = map.KeyAt(i);
            if (key is "kind" or "apiVersion" or "metadata")
            {
                var field = CustomObject.ApiType.Find(key)!;
                _path.PushField(CustomObject.ApiType, field);
                slots[field.Ordinal] = Field(field, map.ValueAt(i));
                _path.Pop();
            }
            else
            {
                content.SetSlot(key, map.ValueAt(i));
            }
        }

        slots[3] = content;
        return new CustomObject(slots);
    }

    private static byte[] Bytes(string base64)
    {
        try
        {
            return GoText.DecodeBase64(base64);
        }
        catch (ApiDecodeException fault)
        {
            throw new ApiDecodeException("error decoding from json: " + fault.Message);
        }
    }

    private object Integer(FieldSchema field, object? value)
    {
        var goType = field.Kind == FieldKind.Int32 ? "int32" : "int64";
        switch (value)
        {
            case long number:
                if (field.Kind == FieldKind.Int64 || (int)number == number)
                {
                    return Boxed.Of(number);
                }

                // A tree's numbers are converted as Go converts, which keeps the lower half; a text's are refused.
                return !dropNulls ? Boxed.Of((long)unchecked((int)number))
                    : throw new ApiDecodeException($"cannot unmarshal number {number.ToString(CultureInfo.InvariantCulture)} into type int32");
            // A merged text is decoded as text upstream, where 2.0 is no integer; a tree's numbers are converted.
            case double fraction when !dropNulls && fraction == Math.Truncate(fraction) && Math.Abs(fraction) < 9.2e18:
                return Boxed.Of((long)fraction);
            default:
                throw Mismatch(value, goType, value is double);
        }
    }

    private static Quantity ToQuantity(object? value)
    {
        var text = value switch
        {
            string s => s.Trim(),
            long n => n.ToString(CultureInfo.InvariantCulture),
            double d => d.ToString("R", CultureInfo.InvariantCulture),
            _ => "",
        };
        return Quantity.TryParse(text, out var quantity) ? quantity
            : throw new ApiDecodeException(Quantity.Fault(text));
    }

    private static object ToTime(bool micro, object? value)
    {
        if (value is not string text)
        {
            throw new ApiDecodeException($"json: cannot unmarshal {GoJsonKind(value)} into Go value of type string");
        }

        if (!ApiTime.TryParse(text, out var time) || (micro && !ApiTime.HasMicroseconds(text)))
        {
            throw new ApiDecodeException(GoText.TimeParseError(text, micro));
        }

        return micro ? time : ApiTime.Truncate(time);
    }

    // Go converts numbers among themselves and to text (as a rune), so only those pairs are "cannot convert"; all else has no conversion at all.
    private static ApiDecodeException Mismatch(object? value, string goType, bool numeric) => numeric
        ? new($"cannot convert {GoKind(value)} to {goType}")
        : new("unrecognized type: " + (goType.Contains('.', StringComparison.Ordinal) ? "string" : goType));

    private static string Named(FieldSchema field, string plain) =>
        GoText.ElementType(field) ?? plain;

    private static string GoKind(object? value) => ValueTree.Plain(value) switch
    {
        string => "string",
        bool => "bool",
        long => "int64",
        double => "float64",
        IApiList => "slice",
        null => "invalid",
        _ => "map",
    };

    private static string GoJsonKind(object? value) => ValueTree.Plain(value) switch
    {
        string => "string",
        bool => "bool",
        long or double => "number",
        IApiList => "array",
        _ => "object",
    };
}
