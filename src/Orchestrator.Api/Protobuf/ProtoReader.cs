using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Orchestrator.Api.Json;

namespace Orchestrator.Api.Protobuf;

/// <summary>Reads messages; unknown fields are skipped.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public readonly bool AtEnd => _position >= _bytes.Length;

    public static ApiStruct Struct(StructSchema schema, ReadOnlySpan<byte> bytes)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var slots = new object?[schema.FieldCount];
        List<object?>?[]? lists = null;
        Fields(ProtoLayout.Of(schema), schema, bytes, slots, ref lists);
        for (var i = 0; i < (lists?.Length ?? 0); i++)
        {
            if (lists![i] is { } items)
            {
                slots[i] = ApiJsonReader.NewList(schema.Fields[i], [.. items]);
            }
        }

        if (schema.TypeName == "JSONSchemaPropsOrBool" && slots[0] is null)
        {
            slots[1] ??= Boxed.False;
        }

        return schema.Create(slots);
    }

    /// <summary>The next field's number and wire type.</summary>
    /// <param name="message">The message's type, for an error's text; "" for those of few bytes.</param>
    public (int Tag, int WireType) Key(string message = "")
    {
        var key = Varint();
        var tag = (int)(key >> 3);
        if (message.Length > 0 && (key & 7) == 4)
        {
            throw new ApiDecodeException($"proto: {message}: wiretype end group for non-group");
        }

        return tag > 0 ? (tag, (int)(key & 7)) : throw new ApiDecodeException($"proto: {(message.Length == 0 ? "" : message + ": ")}illegal tag {tag} (wire type {key & 7})");
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position >= _bytes.Length)
            {
                throw Ended();
            }

            var b = _bytes[_position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new ApiDecodeException("proto: integer overflow");
    }

    public ReadOnlySpan<byte> Delimited()
    {
        var length = Varint();
        if (length > long.MaxValue - (ulong)_position)
        {
            throw new ApiDecodeException("proto: negative length found during unmarshaling");
        }

        if (length > (ulong)(_bytes.Length - _position))
        {
            throw Ended();
        }

        var slice = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return slice;
    }

    public void Skip(int wireType)
    {
        switch (wireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Advance(8);
                break;
            case 2:
                Delimited();
                break;
            case 3:
                Group();
                break;
            case 4:
                throw new ApiDecodeException("proto: unexpected end of group");
            case 5:
                Advance(4);
                break;
            default:
                throw new ApiDecodeException($"proto: illegal wireType {wireType}");
        }
    }

    /// <summary>Skips a group, which nobody of ours writes, with the groups in it.</summary>
    private void Group()
    {
        for (var depth = 1; depth > 0;)
        {
            var wireType = (int)(Varint() & 7);
            if (wireType is 3 or 4)
            {
                depth += wireType == 3 ? 1 : -1;
            }
            else
            {
                Skip(wireType);
            }
        }
    }

    private static void Fields(ProtoLayout layout, StructSchema schema, ReadOnlySpan<byte> bytes, object?[] slots, ref List<object?>?[]? lists)
    {
        var reader = new ProtoReader(bytes);
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key(schema.TypeName);
            var proto = layout.Find(tag);
            if (proto is null)
            {
                reader.Skip(wireType);
                continue;
            }

            if (proto.Inlined is not null)
            {
                Expect(wireType, 2, tag.ToString(CultureInfo.InvariantCulture));
                Fields(proto.Inlined, schema, reader.Delimited(), slots, ref lists);
                continue;
            }

            var field = proto.Field!;
            ref var slot = ref slots[field.Ordinal];
            switch (field.Shape)
            {
                case FieldShape.Single:
                    Expect(wireType, proto.WireType, field.GoField);
                    var value = reader.Value(field);
                    slot = (!field.Pointer && Values.IsZero(value)) || (value is byte[] { Length: 0 } && field.OmitEmpty) ? null : value;
                    break;
                case FieldShape.List:
                    lists ??= new List<object?>?[slots.Length];
                    reader.Items(proto, field, wireType, lists[field.Ordinal] ??= []);
                    break;
                case FieldShape.Map:
                    Expect(wireType, 2, field.GoField);
                    Entry(field, reader.Delimited(), (IApiMap)(slot ??= ApiJsonReader.NewMap(field)));
                    break;
                default:
                    Expect(wireType, 2, field.GoField);
                    ListEntry(reader.Delimited(), (ApiMap<ApiList<string>>)(slot ??= new ApiMap<ApiList<string>>()));
                    break;
            }
        }
    }

    private void Items(ProtoField proto, FieldSchema field, int wireType, List<object?> items)
    {
        if (proto.IsWrappedList)
        {
            Expect(wireType, 2, field.GoField);
            var wrapped = new ProtoReader(Delimited());
            while (!wrapped.AtEnd)
            {
                var (tag, inner) = wrapped.Key();
                if (tag == 1)
                {
                    items.Add(wrapped.Value(field));
                }
                else
                {
                    wrapped.Skip(inner);
                }
            }
        }
        else if (wireType == 2 && proto.WireType != 2)
        {
            // Packed, which nobody of ours writes but everybody must read.
            var packed = new ProtoReader(Delimited());
            while (!packed.AtEnd)
            {
                items.Add(packed.Value(field));
            }
        }
        else
        {
            Expect(wireType, proto.WireType, field.GoField);
            items.Add(Value(field));
        }
    }

    private object? Value(FieldSchema field)
    {
        switch (field.Kind)
        {
            case FieldKind.Bool:
                return Boxed.Of(Varint() != 0);
            case FieldKind.Int32:
                return Boxed.Of((long)(int)Varint());
            case FieldKind.Int64:
                return Boxed.Of((long)Varint());
            case FieldKind.Double:
                return BinaryPrimitives.ReadDoubleLittleEndian(Advance(8));
        }

        var bytes = Delimited();
        switch (field.Kind)
        {
            case FieldKind.String:
                return Encoding.UTF8.GetString(bytes);
            case FieldKind.Bytes:
                return bytes.ToArray();
            case FieldKind.Struct:
                return Struct(field.Struct!, bytes);
            case FieldKind.Raw:
                return Raw(bytes);
        }

        // Small messages of numbers and texts.
        long first = 0, second = 0;
        string? text = null;
        var textTag = field.Kind == FieldKind.Quantity ? 1 : 3;
        var reader = new ProtoReader(bytes);
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key();
            if (tag == textTag && wireType == 2)
            {
                text = Encoding.UTF8.GetString(reader.Delimited());
            }
            else if (tag is 1 or 2 && wireType == 0)
            {
                var number = (long)reader.Varint();
                (first, second) = tag == 1 ? (number, second) : (first, number);
            }
            else
            {
                reader.Skip(wireType);
            }
        }

        return field.Kind switch
        {
            FieldKind.Quantity => Quantity.TryParse(text ?? "0", out var quantity) ? quantity
                : throw new ApiDecodeException(Quantity.Fault(text ?? "")),
            FieldKind.IntOrString => first == 1 ? new IntOrString(text ?? "") : new IntOrString((int)second),
            FieldKind.Duration => new TimeSpan(first / 100),
            _ => bytes.Length == 0 ? null : Time(first, field.Kind == FieldKind.MicroTime ? second : 0),
        };
    }

    private static object Time(long seconds, long nanos)
    {
        try
        {
            return DateTimeOffset.UnixEpoch.AddTicks(checked((seconds * TimeSpan.TicksPerSecond) + (nanos / 1000 * TimeSpan.TicksPerMicrosecond)));
        }
        catch (Exception outside) when (outside is OverflowException or ArgumentOutOfRangeException)
        {
            throw new ApiDecodeException($"proto: a time of {seconds} seconds is outside of the years 1 to 9999");
        }
    }

    /// <summary>Embedded objects: JSON as it is, or a message of their own, which becomes JSON.</summary>
    private static RawJson? Raw(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes);
        RawJson? raw = null;
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key();
            if (tag != 1 || wireType != 2)
            {
                reader.Skip(wireType);
                continue;
            }

            var content = reader.Delimited();
            if (content.Length > 0)
            {
                raw = ApiProtobuf.IsEnvelope(content) ? ApiProtobuf.EnvelopeToJson(content) : Checked(content);
            }
        }

        return raw;
    }

    private static RawJson Checked(ReadOnlySpan<byte> json)
    {
        try
        {
            var text = GoUtf8.Repair(json.ToArray());
            ApiJson.ReadValue(text);
            return new RawJson(GoText.Compact(text));
        }
        catch (System.Text.Json.JsonException)
        {
            throw new ApiDecodeException("an embedded object is neither JSON nor protobuf");
        }
    }

    private static void Entry(FieldSchema field, ReadOnlySpan<byte> bytes, IApiMap map)
    {
        var key = "";
        var value = ApiJsonReader.Zero(field);
        var reader = new ProtoReader(bytes);
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key();
            switch (tag)
            {
                case 1 when wireType == 2:
                    key = Encoding.UTF8.GetString(reader.Delimited());
                    break;
                case 2 when wireType == ProtoField.WireTypeOf(field.Kind):
                    value = reader.Value(field) ?? value;
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }

        map.SetSlot(key, value);
    }

    private static void ListEntry(ReadOnlySpan<byte> bytes, ApiMap<ApiList<string>> map)
    {
        var key = "";
        var items = new List<string>();
        var reader = new ProtoReader(bytes);
        while (!reader.AtEnd)
        {
            var (tag, wireType) = reader.Key();
            if (tag == 1 && wireType == 2)
            {
                key = Encoding.UTF8.GetString(reader.Delimited());
            }
            else if (tag == 2 && wireType == 2)
            {
                var inner = new ProtoReader(reader.Delimited());
                while (!inner.AtEnd)
                {
                    var (innerTag, innerType) = inner.Key();
                    if (innerTag == 1 && innerType == 2)
                    {
                        items.Add(Encoding.UTF8.GetString(inner.Delimited()));
                    }
                    else
                    {
                        inner.Skip(innerType);
                    }
                }
            }
            else
            {
                reader.Skip(wireType);
            }
        }

        map.SetSlot(key, items.ToApiList());
    }

    internal static void Expect(int found, int expected, string field)
    {
        if (found != expected)
        {
            throw new ApiDecodeException($"proto: wrong wireType = {found} for field {field}");
        }
    }

    private static ApiDecodeException Ended() => new("unexpected EOF");

    private ReadOnlySpan<byte> Advance(int count)
    {
        if (_bytes.Length - _position < count)
        {
            throw Ended();
        }

        _position += count;
        return _bytes.Slice(_position - count, count);
    }
}
