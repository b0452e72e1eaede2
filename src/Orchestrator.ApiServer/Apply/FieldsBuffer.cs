using System.Text;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Bytes of a field set being written; can be cut back when something turns out empty.</summary>
internal sealed class FieldsBuffer
{
    private const int KeptMax = 64 * 1024;
    private byte[] _bytes = new byte[4096];

    /// <summary>Bytes written; set lower to take back.</summary>
    public int Length { get; set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Starts a property: a comma unless it is the first, then the name with its colon.</summary>
    public void AddName(ReadOnlySpan<byte> name)
    {
        Reserve(name.Length + 1);
        if (_bytes[Length - 1] != (byte)'{')
        {
            _bytes[Length++] = (byte)',';
        }

        name.CopyTo(_bytes.AsSpan(Length));
        Length += name.Length;
    }

    /// <summary>Starts a property of a map key: <c>"f:key":</c>.</summary>
    public void AddFieldName(string key)
    {
        Reserve((key.Length * 3) + 8);
        if (_bytes[Length - 1] != (byte)'{')
        {
            _bytes[Length++] = (byte)',';
        }

        if (!IsPlain(key))
        {
            Add(ApiJson.WriteValueToArray("f:" + key));
            Add(":"u8);
            return;
        }

        "\"f:"u8.CopyTo(_bytes.AsSpan(Length));
        Length += 3;
        Length += Encoding.ASCII.GetBytes(key, _bytes.AsSpan(Length));
        "\":"u8.CopyTo(_bytes.AsSpan(Length));
        Length += 2;
    }

    /// <summary>Starts a property of a list item with one textual key: <c>"k:{\"name\":\"x\"}":</c>. False if the texts need escaping.</summary>
    public bool TryAddKeyName(string key, string value)
    {
        if (!IsPlain(value))
        {
            return false;
        }

        Reserve(key.Length + value.Length + 24);
        if (_bytes[Length - 1] != (byte)'{')
        {
            _bytes[Length++] = (byte)',';
        }

        Add("\"k:{\\\""u8);
        Length += Encoding.ASCII.GetBytes(key, _bytes.AsSpan(Length));
        Add("\\\":\\\""u8);
        Length += Encoding.ASCII.GetBytes(value, _bytes.AsSpan(Length));
        Add("\\\"}\":"u8);
        return true;
    }

    /// <summary>Makes ready for the next use; gives back what an unusually large object needed.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptMax)
        {
            _bytes = new byte[4096];
        }
    }

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (c is < ' ' or > '~' or '"' or '\\' or '<' or '>' or '&')
            {
                return false;
            }
        }

        return true;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }
    }
}
