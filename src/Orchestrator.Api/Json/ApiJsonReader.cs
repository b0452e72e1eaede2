using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Api.Json;

/// <summary>Reads API objects straight from <see cref="Utf8JsonReader"/>, guided by the schema; Go's rules and messages.</summary>
internal ref struct ApiJsonReader
{
    [ThreadStatic]
    private static JsonPath? t_path;

    private readonly ReadOnlySpan<byte> _utf8;
    private DecodeIssues? _issues;
    private readonly JsonPath _path;
    private Utf8JsonReader _reader;

    public ApiJsonReader(ReadOnlySpan<byte> utf8, DecodeIssues? issues)
    {
        _utf8 = utf8;
        _issues = issues;
        _path = t_path ??= new JsonPath();
        _path.Clear();
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth + 1 });
    }

    public ApiStruct ReadRoot(StructSchema schema)
    {
        _reader.Read();
        var value = _reader.TokenType == JsonTokenType.Null ? schema.Create() : ReadStruct(schema, null);
        EnsureEnd();
        return value;
    }

    public object? ReadRootValue()
    {
        _reader.Read();
        var value = ReadDynamic();
        EnsureEnd();
        return value;
    }

    private void EnsureEnd()
    {
        if (_reader.Read())
        {
            throw new JsonException("invalid character after top-level value");
        }
    }

    /// <summary>Reads the object that the reader stands on into a new struct, or over one that a duplicate field has left.</summary>
    private ApiStruct ReadStruct(StructSchema schema, ApiStruct? onto)
    {
        if (schema.Name.StartsWith("apiextensions_v1.JSONSchemaPropsOr", StringComparison.Ordinal))
        {
            return ReadAlternative(schema);
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch(schema.GoName);
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (ReferenceEquals(schema, CustomObject.ApiType))
        {
            return ReadCustom();
        }

        var fields = schema.Fields;
        var slots = onto is null ? new object?[fields.Length] : (object?[])onto.Slots.Clone();
        var seenLow = 0UL;
        var expected = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var field = _reader.ValueIsEscaped
                ? schema.Find(_reader.GetString()!)
                : schema.Find(_reader.ValueSpan, expected);
            if (field is null)
            {
                _issues?.Add("unknown field \"" + _path.Format(ReadText()) + "\"");
                _reader.Read();
                SkipValue();
                continue;
            }

            expected = field.Ordinal + 1;
            if (_issues is not null)
            {
                // Types have fewer than 64 fields; the slot itself tells for the rest.
                var bit = 1UL << (field.Ordinal & 63);
                if ((seenLow & bit) != 0)
                {
                    _issues.Add("duplicate field \"" + _path.Format(field.Name) + "\"");
                }

                seenLow |= bit;
            }

            _reader.Read();
            _path.PushField(schema, field);
            ReadField(field, ref slots[field.Ordinal]);
            _path.Pop();
        }

        return schema.Create(slots);
    }

    private void ReadField(FieldSchema field, ref object? slot)
    {
        var token = _reader.TokenType;
        if (token == JsonTokenType.Null)
        {
            if (field.Pointer || field.Shape != FieldShape.Single || field.Kind is FieldKind.Time or FieldKind.MicroTime or FieldKind.Raw or FieldKind.Bytes)
            {
                slot = null;
            }

            return;
        }

        switch (field.Shape)
        {
            case FieldShape.Single:
                var value = ReadSingle(field, slot);
                slot = (!field.Pointer && Values.IsZero(value)) || (value is byte[] { Length: 0 } && field.OmitEmpty) ? null : value;
                break;
            case FieldShape.List:
                var list = ReadList(field);

                // An empty list is as good as none, but for managedFields, which an empty list resets and absence keeps, and the policies
                // of autoscalers, which only absence defaults.
                slot = list.Count == 0 && field.OmitEmpty && field.Name is not ("managedFields" or "policies") ? null : list;
                break;
            case FieldShape.Map:
                var map = ReadMap(field, slot);
                slot = map.Count == 0 && field.OmitEmpty ? null : map;
                break;
            default:
                var lists = ReadMapOfLists(field);
                slot = lists.Count == 0 && field.OmitEmpty ? null : lists;
                break;
        }
    }

    private object? ReadSingle(FieldSchema field, object? old)
    {
        switch (field.Kind)
        {
            case FieldKind.String:
                return _reader.TokenType == JsonTokenType.String ? ReadText() : throw Mismatch(GoScalar(field));
            case FieldKind.Bool:
                return _reader.TokenType switch
                {
                    JsonTokenType.True => Boxed.True,
                    JsonTokenType.False => Boxed.False,
                    _ => throw Mismatch("bool"),
                };
            case FieldKind.Int32:
            case FieldKind.Int64:
                return ReadInteger(field.Kind == FieldKind.Int32, GoScalar(field));
            case FieldKind.Double:
                return _reader.TokenType == JsonTokenType.Number ? ReadFloat() : throw Mismatch("float64");
            case FieldKind.Bytes:
                return ReadBytes();
            case FieldKind.Time:
            case FieldKind.MicroTime:
                return ReadTime(field.Kind == FieldKind.MicroTime);
            case FieldKind.Duration:
                return ReadDuration();
            case FieldKind.Quantity:
                return ReadQuantity();
            case FieldKind.IntOrString:
                return _reader.TokenType == JsonTokenType.String ? new IntOrString(ReadText()) : new IntOrString((int)(long)ReadInteger(true, "int32"));
            case FieldKind.Raw:
                return ReadRaw();
            default:
                return ReadStruct(field.Struct!, old as ApiStruct);
        }
    }

    private IApiList ReadList(FieldSchema field)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            // Go takes a text for a list of bytes only; everything else is a mismatch named by the list's type.
            throw Mismatch(GoCollection(field, "[]"));
        }

        var items = ArrayPool<object?>.Shared.Rent(16);
        var count = 0;
        try
        {
            _path.PushIndex(0);
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                if (count == items.Length)
                {
                    var larger = ArrayPool<object?>.Shared.Rent(count * 2);
                    Array.Copy(items, larger, count);
                    ArrayPool<object?>.Shared.Return(items, clearArray: true);
                    items = larger;
                }

                _path.SetIndex(count);
                items[count++] = _reader.TokenType == JsonTokenType.Null ? Zero(field) : ReadSingle(field, null);
            }

            _path.Pop();
            return NewList(field, items.AsSpan(0, count).ToArray());
        }
        finally
        {
            ArrayPool<object?>.Shared.Return(items, clearArray: true);
        }
    }

    private IApiMap ReadMap(FieldSchema field, object? old)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch(GoCollection(field, "map[string]"));
        }

        // A duplicate map field is merged into the first, as Go decodes into the map that is there.
        var map = NewMap(field);
        if (old is IApiMap first)
        {
            for (var i = 0; i < first.Count; i++)
            {
                Set(map, first.KeyAt(i), first.ValueAt(i));
            }
        }

        HashSet<string>? seen = null;
        var fresh = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var key = ReadText();
            if (_issues is not null && map.Count > 0 && map.TryGetSlot(key, out _) && (old is null || (seen ??= []).Contains(key)))
            {
                _issues.Add("duplicate field \"" + _path.Format(key) + "\"");
            }

            if (old is not null)
            {
                (seen ??= []).Add(key);
            }

            fresh++;
            _reader.Read();
            _path.PushKey(key);
            Set(map, key, _reader.TokenType == JsonTokenType.Null ? Zero(field) : ReadSingle(field, null));
            _path.Pop();
        }

        return map;
    }

    private ApiMap<ApiList<string>> ReadMapOfLists(FieldSchema field)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Mismatch("map[string]" + (field.NamedType.Length > 0 ? field.NamedType : "[]string"));
        }

        var map = new ApiMap<ApiList<string>>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var key = ReadText();
            _reader.Read();
            _path.PushKey(key);
            map.SetSlot(key, _reader.TokenType == JsonTokenType.Null ? ApiList<string>.Empty : ReadList(field));
            _path.Pop();
        }

        return map;
    }

    private CustomObject ReadCustom()
    {
        var slots = new object?[4];
        var content = new ApiMap<object?>();
        HashSet<string>? seen = _issues is null ? null : [];
        var fields = CustomObject.ApiType.Fields;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var key = ReadText();
            if (seen is not null && !seen.Add(key))
            {
                _issues!.Add("duplicate field \"" + _path.Format(key) + "\"");
            }

            _reader.Read();
            var ordinal = key switch { "kind" => 0, "apiVersion" => 1, "metadata" => 2, _ => -1 };
            if (ordinal >= 0)
            {
                _path.PushField(CustomObject.ApiType, fields[ordinal]);
                ReadField(fields[ordinal], ref slots[ordinal]);
                _path.Pop();
            }
            else
            {
                _path.PushKey(key);
                content.SetSlot(key, ReadDynamic());
                _path.Pop();
            }
        }

        slots[3] = content;
        return new CustomObject(slots);
    }

    /// <remarks>
    /// These types decode themselves in Go: nobody looks for unknown and duplicate fields in them, and where a schema or a list can stand, a
    /// scalar is neither and is passed over.
    /// </remarks>
    private ApiStruct ReadAlternative(StructSchema schema)
    {
        var slots = new object?[2];
        var isBool = schema.TypeName == "JSONSchemaPropsOrBool";
        var issues = _issues;
        _issues = null;
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                slots[0] = ReadStruct(schema.Fields[0].Struct!, null);
                if (isBool)
                {
                    slots[1] = Boxed.True;
                }

                break;
            case JsonTokenType.True or JsonTokenType.False when isBool:
                slots[1] = Boxed.Of(_reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.StartArray when !isBool:
                slots[1] = ReadList(schema.Fields[1]);
                break;
            default:
                if (isBool)
                {
                    throw new ApiDecodeException("boolean or JSON schema expected");
                }

                break;
        }

        _issues = issues;
        return schema.Create(slots);
    }

    /// <summary>A number that a float can hold: beyond its range there is no JSON for what it would become.</summary>
    private readonly double ReadFloat()
    {
        var number = _reader.GetDouble();
        return double.IsFinite(number) ? number : throw Mismatch("float64", "number " + System.Text.Encoding.UTF8.GetString(_reader.ValueSpan));
    }

    /// <summary>Reads any value into a tree.</summary>
    private object? ReadDynamic()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.True:
                return Boxed.True;
            case JsonTokenType.False:
                return Boxed.False;
            case JsonTokenType.String:
                return ReadText();
            case JsonTokenType.Number:
                return _reader.TryGetInt64(out var integer) ? Boxed.Of(integer) : ReadFloat();
            case JsonTokenType.StartArray:
                RuntimeHelpers.EnsureSufficientExecutionStack();
                var items = new List<object?>();
                _path.PushIndex(0);
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    _path.SetIndex(items.Count);
                    items.Add(ReadDynamic());
                }

                _path.Pop();
                return new ApiList<object?>([.. items], items.Count);
            default:
                RuntimeHelpers.EnsureSufficientExecutionStack();
                var map = new ApiMap<object?>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = ReadText();
                    if (_issues is not null && map.TryGetSlot(key, out _))
                    {
                        _issues.Add("duplicate field \"" + _path.Format(key) + "\"");
                    }

                    _reader.Read();
                    _path.PushKey(key);
                    map.SetSlot(key, ReadDynamic());
                    _path.Pop();
                }

                return map;
        }
    }

    private string ReadText()
    {
        // Only ASCII is taken from there, so that invalid UTF-8 goes the way below.
        if (!_reader.ValueIsEscaped && _reader.ValueSpan.Length is > 0 and <= ShortStrings.LengthMax && ShortStrings.TryOf(_reader.ValueSpan, out var known))
        {
            return known;
        }

        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Not valid UTF-8, or a lone surrogate: Go reads U+FFFD instead.
            return GoText.Unescape(_reader.ValueSpan);
        }
    }

    private object ReadInteger(bool narrow, string goType)
    {
        if (_reader.TokenType != JsonTokenType.Number)
        {
            throw Mismatch(goType);
        }

        if (!_reader.TryGetInt64(out var value) || (narrow && value is < int.MinValue or > int.MaxValue))
        {
            throw Mismatch(goType, "number " + Encoding.UTF8.GetString(_reader.ValueSpan));
        }

        return Boxed.Of(value);
    }

    private byte[] ReadBytes()
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            throw Mismatch("[]uint8");
        }

        if (!_reader.ValueIsEscaped && _reader.TryGetBytesFromBase64(out var bytes))
        {
            return bytes;
        }

        return GoText.DecodeBase64(ReadText());
    }

    private object? ReadTime(bool micro)
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            throw Mismatch("string");
        }

        var text = ReadText();
        if (!ApiTime.TryParse(text, out var time) || (micro && !ApiTime.HasMicroseconds(text)))
        {
            throw new ApiDecodeException(GoText.TimeParseError(text, micro));
        }

        return micro ? time : ApiTime.Truncate(time);
    }

    private object ReadDuration()
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            throw Mismatch("string");
        }

        var text = ReadText();
        return GoDuration.TryParse(text, out var duration) ? duration : throw new ApiDecodeException("time: invalid duration " + GoText.Quote(text));
    }

    private Quantity ReadQuantity()
    {
        var text = _reader.TokenType switch
        {
            JsonTokenType.String => ReadText().Trim(),
            JsonTokenType.Number => Encoding.UTF8.GetString(_reader.ValueSpan),
            _ => null,
        };
        if (text is null)
        {
            SkipValue();
            throw new ApiDecodeException(QuantityError);
        }

        return Quantity.TryParse(text, out var quantity) ? quantity : throw new ApiDecodeException(text.Length == 0 ? QuantityEmpty : Quantity.Fault(text));
    }

    private const string QuantityError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private const string QuantityEmpty = QuantityError;

    private RawJson ReadRaw()
    {
        var start = (int)_reader.TokenStartIndex;
        SkipValue();
        return new RawJson(GoText.Compact(_utf8[start..(int)_reader.BytesConsumed]));
    }

    private void SkipValue()
    {
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            var depth = _reader.CurrentDepth;
            while (_reader.Read() && !(_reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && _reader.CurrentDepth == depth))
            {
            }
        }
    }

    private readonly ApiDecodeException Mismatch(string goType, string? what = null)
    {
        what ??= _reader.TokenType switch
        {
            JsonTokenType.StartObject => "object",
            JsonTokenType.StartArray => "array",
            JsonTokenType.String => "string",
            JsonTokenType.True or JsonTokenType.False => "bool",
            _ => "number",
        };

        // A tree without a type, such as a patch, has keys but no struct fields.
        return _path.Depth > 0 && _path.FormatGo() is { Length: > 0 } field
            ? new($"json: cannot unmarshal {what} into Go struct field {field} of type {goType}")
            : new($"json: cannot unmarshal {what} into Go value of type {goType}");
    }

    internal static string GoScalar(FieldSchema field) => field.Kind switch
    {
        FieldKind.Int32 => "int32",
        FieldKind.Int64 => "int64",
        _ => GoText.ElementType(field) ?? "string",
    };

    /// <summary>The type of a list or map: by its own name where it has one, as upstream's lists of rules do.</summary>
    private static string GoCollection(FieldSchema field, string prefix) => field is { Kind: FieldKind.Struct or FieldKind.Quantity, NamedType: { Length: > 0 } name } && !name.Contains('[', StringComparison.Ordinal)
        ? GoText.QualifiedType(name)
        : prefix + GoElement(field);

    private static string GoElement(FieldSchema field) => field.Kind switch
    {
        FieldKind.Struct => field.Struct!.GoName,
        FieldKind.Quantity => "resource.Quantity",
        FieldKind.Bytes => "[]uint8",
        FieldKind.Bool => "bool",
        FieldKind.Int32 => "int32",
        FieldKind.Int64 => "int64",
        FieldKind.Double => "float64",
        FieldKind.Raw => field.RawType == "JSON" ? "v1.JSON" : "runtime.RawExtension",
        FieldKind.Time => "v1.Time",
        _ => "string",
    };

    internal static object? Zero(FieldSchema field) => field.Kind switch
    {
        FieldKind.String => "",
        FieldKind.Bool => Boxed.False,
        FieldKind.Int32 or FieldKind.Int64 => Boxed.Of(0),
        FieldKind.Double => 0d,
        FieldKind.Quantity => Quantity.Zero,
        FieldKind.IntOrString => default(IntOrString),
        FieldKind.Duration => TimeSpan.Zero,
        FieldKind.Bytes => Array.Empty<byte>(),
        FieldKind.Struct => field.Struct!.Create(),
        FieldKind.Raw => new RawJson("null"u8.ToArray()),
        _ => default(DateTimeOffset),
    };

    internal static IApiList NewList(FieldSchema field, object?[] items) => field.Kind switch
    {
        FieldKind.String => new ApiList<string>(items, items.Length),
        FieldKind.Bool => new ApiList<bool>(items, items.Length),
        FieldKind.Int32 => new ApiList<int>(items, items.Length),
        FieldKind.Int64 => new ApiList<long>(items, items.Length),
        FieldKind.Double => new ApiList<double>(items, items.Length),
        FieldKind.Bytes => new ApiList<byte[]>(items, items.Length),
        FieldKind.Time or FieldKind.MicroTime => new ApiList<DateTimeOffset>(items, items.Length),
        FieldKind.Duration => new ApiList<TimeSpan>(items, items.Length),
        FieldKind.Quantity => new ApiList<Quantity>(items, items.Length),
        FieldKind.IntOrString => new ApiList<IntOrString>(items, items.Length),
        FieldKind.Raw => new ApiList<RawJson>(items, items.Length),
        _ => field.Struct!.CreateList(items, items.Length),
    };

    internal static IApiMap NewMap(FieldSchema field) => field.Kind switch
    {
        FieldKind.String => new ApiMap<string>(),
        FieldKind.Bool => new ApiMap<bool>(),
        FieldKind.Int32 => new ApiMap<int>(),
        FieldKind.Int64 => new ApiMap<long>(),
        FieldKind.Double => new ApiMap<double>(),
        FieldKind.Bytes => new ApiMap<byte[]>(),
        FieldKind.Time or FieldKind.MicroTime => new ApiMap<DateTimeOffset>(),
        FieldKind.Duration => new ApiMap<TimeSpan>(),
        FieldKind.Quantity => new ApiMap<Quantity>(),
        FieldKind.IntOrString => new ApiMap<IntOrString>(),
        FieldKind.Raw => new ApiMap<RawJson>(),
        _ => field.Struct!.CreateMap(),
    };

    private static void Set(IApiMap map, string key, object? value) => map.SetSlot(key, value);
}
