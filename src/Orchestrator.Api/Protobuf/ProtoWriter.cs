using System.Buffers.Binary;
using System.Text;

namespace Orchestrator.Api.Protobuf;

/// <summary>Writes messages from the last byte to the first, so that every length is known when it is written.</summary>
internal ref struct ProtoWriter
{
    private byte[] _bytes;
    private int _start;

    public ProtoWriter(byte[] buffer) => (_bytes, _start) = (buffer, buffer.Length);

    /// <summary>The buffer, which may have grown.</summary>
    public readonly byte[] Buffer => _bytes;

    /// <summary>Bytes written so far.</summary>
    public readonly int Length => _bytes.Length - _start;

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(_start);

    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        _start -= bytes.Length;
        bytes.CopyTo(_bytes.AsSpan(_start));
    }

    public void Text(int tag, string text)
    {
        var end = Length;
        var count = Encoding.UTF8.GetByteCount(text);
        Reserve(count);
        _start -= count;
        Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_start));
        Close(tag, end);
    }

    public void Bytes(int tag, scoped ReadOnlySpan<byte> bytes)
    {
        var end = Length;
        Raw(bytes);
        Close(tag, end);
    }

    public void Integer(int tag, long value)
    {
        Varint((ulong)value);
        Key(tag, 0);
    }

    public void Fixed64(int tag, double value)
    {
        Reserve(8);
        _start -= 8;
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.AsSpan(_start), value);
        Key(tag, 1);
    }

    /// <summary>Ends (at its front) a message that began when <see cref="Length"/> was <paramref name="end"/>.</summary>
    public void Close(int tag, int end)
    {
        Varint((ulong)(Length - end));
        Key(tag, 2);
    }

    /// <summary>A struct's fields.</summary>
    public void Struct(ApiStruct value)
    {
        if (value is CustomObject)
        {
            throw new ArgumentException("Custom objects have no protobuf form.", nameof(value));
        }

        var layout = ProtoLayout.Of(value.TypeSchema);
        if (value.TypeSchema.TypeName == "JSONSchemaPropsOrBool")
        {
            // Allows is there whatever it is, and true where there is a schema.
            if (value.Slots[0] is ApiStruct schema)
            {
                Value(2, layout.Find(2)!.Field!, schema);
            }

            Integer(1, value.Slots[1] is true || (value.Slots[1] is null && value.Slots[0] is not null) ? 1 : 0);
            return;
        }

        Fields(layout, value.Slots);
    }

    private void Fields(ProtoLayout layout, object?[] slots)
    {
        var fields = layout.Fields;
        for (var i = fields.Length - 1; i >= 0; i--)
        {
            var field = fields[i];
            if (field.Inlined is not null)
            {
                var end = Length;
                Fields(field.Inlined, slots);
                Close(field.Tag, end);
                continue;
            }

            Field(field, slots[field.Field!.Ordinal]);
        }
    }

    private void Field(ProtoField proto, object? slot)
    {
        var field = proto.Field!;
        switch (field.Shape)
        {
            case FieldShape.Single:
                if (slot is not null)
                {
                    Value(proto.Tag, field, slot);
                }
                else if (!field.Pointer && field.Kind != FieldKind.Bytes)
                {
                    Zero(proto.Tag, field);
                }

                break;
            case FieldShape.List when slot is IApiList list:
                List(proto, field, list);
                break;
            case FieldShape.Map when slot is IApiMap map:
                for (var i = map.Count - 1; i >= 0; i--)
                {
                    var end = Length;
                    if (map.ValueAt(i) is { } value)
                    {
                        Value(2, field, value);
                    }

                    Text(1, map.KeyAt(i));
                    Close(proto.Tag, end);
                }

                break;
            case FieldShape.MapOfLists when slot is IApiMap map:
                for (var i = map.Count - 1; i >= 0; i--)
                {
                    var end = Length;
                    var items = (IApiList)map.ValueAt(i)!;
                    for (var j = items.Count - 1; j >= 0; j--)
                    {
                        Text(1, (string)items.ItemAt(j)!);
                    }

                    Close(2, end);
                    Text(1, map.KeyAt(i));
                    Close(proto.Tag, end);
                }

                break;
        }
    }

    private void List(ProtoField proto, FieldSchema field, IApiList list)
    {
        var end = Length;
        for (var i = list.Count - 1; i >= 0; i--)
        {
            Value(proto.IsWrappedList ? 1 : proto.Tag, field, list.ItemAt(i)!);
        }

        if (proto.IsWrappedList)
        {
            Close(proto.Tag, end);
        }
    }

    /// <summary>A present value of a field's kind.</summary>
    private void Value(int tag, FieldSchema field, object value)
    {
        var end = Length;
        switch (value)
        {
            case string text:
                Text(tag, text);
                return;
            case bool flag:
                Integer(tag, flag ? 1 : 0);
                return;
            case long number:
                Integer(tag, number);
                return;
            case double number:
                Fixed64(tag, number);
                return;
            case byte[] bytes:
                Bytes(tag, bytes);
                return;
            case DateTimeOffset time:
                Time(time, field.Kind == FieldKind.MicroTime);
                break;
            case TimeSpan span:
                Integer(1, span.Ticks * 100);
                break;
            case Quantity quantity:
                Text(1, quantity.ToString());
                break;
            case IntOrString either:
                Text(3, either.Text ?? "");
                Integer(2, either.Int);
                Integer(1, either.IsText ? 1 : 0);
                break;
            case RawJson raw:
                Bytes(1, raw.Utf8.Span);
                break;
            case ApiStruct structure:
                Struct(structure);
                break;
            default:
                throw new ArgumentException($"A {value.GetType()} is no value of an API object.", nameof(value));
        }

        Close(tag, end);
    }

    /// <summary>An unset field that Go keeps by value: its zero is written.</summary>
    private void Zero(int tag, FieldSchema field)
    {
        switch (field.Kind)
        {
            case FieldKind.String:
                Text(tag, "");
                break;
            case FieldKind.Bool or FieldKind.Int32 or FieldKind.Int64:
                Integer(tag, 0);
                break;
            case FieldKind.Double:
                Fixed64(tag, 0);
                break;
            case FieldKind.Quantity:
                Value(tag, field, Quantity.Zero);
                break;
            case FieldKind.IntOrString:
                Value(tag, field, default(IntOrString));
                break;
            case FieldKind.Duration:
                Value(tag, field, TimeSpan.Zero);
                break;
            case FieldKind.Struct:
                Value(tag, field, field.Struct!.Create());
                break;
            default:
                // Times and raw values: an empty message.
                Close(tag, Length);
                break;
        }
    }

    private void Time(DateTimeOffset time, bool micros)
    {
        if (time == default)
        {
            // Go's zero time: an empty message.
            return;
        }

        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        if (rest < 0)
        {
            (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        }

        Integer(2, micros ? rest / TimeSpan.TicksPerMicrosecond * 1000 : 0);
        Integer(1, seconds);
    }

    private void Key(int tag, int wireType) => Varint(((ulong)tag << 3) | (uint)wireType);

    private void Varint(ulong value)
    {
        var count = 1;
        for (var rest = value; rest >= 0x80; rest >>= 7)
        {
            count++;
        }

        Reserve(count);
        _start -= count;
        for (var i = _start; ; i++)
        {
            if (value < 0x80)
            {
                _bytes[i] = (byte)value;
                return;
            }

            _bytes[i] = (byte)(value | 0x80);
            value >>= 7;
        }
    }

    private void Reserve(int count)
    {
        if (_start >= count)
        {
            return;
        }

        var length = Length;
        var larger = new byte[Math.Max(_bytes.Length * 2, length + count)];
        Written.CopyTo(larger.AsSpan(larger.Length - length));
        (_bytes, _start) = (larger, larger.Length - length);
    }
}
