using System.Buffers;
using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>A message of gnostic's protobuf forms in the making, from the members of a JSON tree. Those that the tree lacks are left out.</summary>
internal sealed class ProtobufMessage
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void Text(int tag, ApiMap<object?> map, string name)
    {
        if (map.GetValueOrDefault(name) is string { Length: > 0 } text)
        {
            Bytes(tag, Encoding.UTF8.GetBytes(text));
        }
    }

    public void Texts(int tag, ApiMap<object?> map, string name)
    {
        if (map.GetValueOrDefault(name) is ApiList<object?> list)
        {
            foreach (var item in list)
            {
                Bytes(tag, Encoding.UTF8.GetBytes((string)item!));
            }
        }
    }

    public void Flag(int tag, ApiMap<object?> map, string name)
    {
        if (map.GetValueOrDefault(name) is true)
        {
            Varint((ulong)(tag << 3));
            Varint(1);
        }
    }

    public void Integer(int tag, ApiMap<object?> map, string name)
    {
        if (map.GetValueOrDefault(name) is long number && number != 0)
        {
            Varint((ulong)(tag << 3));
            Varint((ulong)number);
        }
    }

    public void Number(int tag, ApiMap<object?> map, string name)
    {
        double? number = map.GetValueOrDefault(name) switch { long whole => whole, double real => real, _ => null };
        if (number is { } value and not 0)
        {
            Varint((ulong)((tag << 3) | 1));
            System.Buffers.Binary.BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(8), value);
            _bytes.Advance(8);
        }
    }

    public void Nested(int tag, ApiMap<object?> map, string name, Action<ProtobufMessage, ApiMap<object?>> write)
    {
        if (map.GetValueOrDefault(name) is ApiMap<object?> member)
        {
            Nested(tag, member, write);
        }
    }

    public void Nested(int tag, ApiMap<object?> member, Action<ProtobufMessage, ApiMap<object?>> write)
    {
        var message = new ProtobufMessage();
        write(message, member);
        Bytes(tag, message._bytes.WrittenSpan);
    }

    public void Each(int tag, ApiMap<object?> map, string name, Action<ProtobufMessage, ApiMap<object?>> write)
    {
        if (map.GetValueOrDefault(name) is ApiList<object?> list)
        {
            foreach (var item in list)
            {
                Nested(tag, (ApiMap<object?>)item!, write);
            }
        }
    }

    /// <summary>A pair of a name (1) and a value (2).</summary>
    public void Named(int tag, string name, ApiMap<object?> value, Action<ProtobufMessage, ApiMap<object?>> write)
    {
        var pair = new ProtobufMessage();
        pair.Bytes(1, Encoding.UTF8.GetBytes(name));
        pair.Nested(2, value, write);
        Bytes(tag, pair._bytes.WrittenSpan);
    }

    /// <summary>A map: each of its members as a <see cref="Named"/> pair.</summary>
    public void Entries(int tag, ApiMap<object?> members, Action<ProtobufMessage, ApiMap<object?>> write)
    {
        foreach (var (name, member) in members)
        {
            Named(tag, name, (ApiMap<object?>)member!, write);
        }
    }

    /// <summary>One of two: the thing itself (1), or a reference to it (2).</summary>
    public void Either(ApiMap<object?> thing, Action<ProtobufMessage, ApiMap<object?>> write)
    {
        if (thing.ContainsKey("$ref"))
        {
            Nested(2, thing, static (m, r) => m.Text(1, r, "$ref"));
        }
        else
        {
            Nested(1, thing, write);
        }
    }

    /// <summary>A list of any values.</summary>
    public void Anys(int tag, ApiMap<object?> map, string name)
    {
        if (map.GetValueOrDefault(name) is ApiList<object?> values)
        {
            foreach (var value in values)
            {
                Any(tag, value);
            }
        }
    }

    /// <summary>Any value, as YAML; JSON is YAML.</summary>
    public void Any(int tag, object? value)
    {
        var any = new ProtobufMessage();
        any.Bytes(2, [.. ApiJson.WriteValueToArray(value), (byte)'\n']);
        Bytes(tag, any._bytes.WrittenSpan);
    }

    /// <summary>Vendor extensions: the members whose names begin with <c>x-</c>.</summary>
    public void Extensions(int tag, ApiMap<object?> map)
    {
        foreach (var (name, value) in map)
        {
            if (name.StartsWith("x-", StringComparison.Ordinal))
            {
                Extension(tag, name, value);
            }
        }
    }

    private void Extension(int tag, string name, object? value)
    {
        var pair = new ProtobufMessage();
        pair.Bytes(1, Encoding.UTF8.GetBytes(name));
        pair.Any(2, value);
        Bytes(tag, pair._bytes.WrittenSpan);
    }

    private void Bytes(int tag, ReadOnlySpan<byte> bytes)
    {
        Varint((ulong)((tag << 3) | 2));
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
    }

    private void Varint(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
