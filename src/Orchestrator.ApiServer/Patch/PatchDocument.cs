using System.Buffers;
using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;

namespace Orchestrator.ApiServer.Patch;

/// <summary>
/// A JSON value that is taken apart only where a JSON patch goes, as upstream's patch library does: opened objects are written with sorted keys,
/// the rest comes out as it went in. This shows in error texts, which quote the patched document.
/// </summary>
internal sealed class PatchDocument
{
    private ReadOnlyMemory<byte> _raw;

    public PatchDocument(ReadOnlyMemory<byte> raw) => _raw = raw;

    /// <summary>The members, once opened as an object. A null member is JSON's null.</summary>
    public SortedDictionary<string, PatchDocument?>? Members { get; private set; }

    /// <summary>The items, once opened as an array.</summary>
    public List<PatchDocument?>? Items { get; private set; }

    private byte First => _raw.Span.TrimStart(" \t\r\n"u8)[0];

    /// <summary>Takes an object or array apart; false if the value is neither.</summary>
    public bool Open()
    {
        if (Members is not null || Items is not null)
        {
            return true;
        }

        if (First is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        var reader = new Utf8JsonReader(_raw.Span, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth + 1 });
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            Members = new(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var key = reader.GetString()!;
                reader.Read();
                Members[key] = Slice(ref reader);
            }
        }
        else
        {
            Items = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Items.Add(Slice(ref reader));
            }
        }

        return true;
    }

    /// <summary>A copy that shares nothing that can change.</summary>
    public PatchDocument Copy() => new(ToBytes());

    public byte[] ToBytes()
    {
        if (Members is null && Items is null)
        {
            return GoText.Compact(_raw.Span);
        }

        var output = new ArrayBufferWriter<byte>(1024);
        Write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether two values are the same JSON.</summary>
    public bool SameAs(PatchDocument other) => ValueTree.SameJson(ApiJson.ReadValue(ToBytes()), ApiJson.ReadValue(other.ToBytes()));

    /// <summary>Merges an object into this one (RFC 7386), in place.</summary>
    public void Merge(PatchDocument patch)
    {
        foreach (var (key, value) in patch.Members!)
        {
            if (value is null)
            {
                Members!.Remove(key);
            }
            else if (!Members!.TryGetValue(key, out var current) || current is null)
            {
                value.DropNulls();
                Members[key] = value;
            }
            else if (!current.Open() || current.Members is null)
            {
                value.DropNulls();
                Members[key] = value;
            }
            else if (!value.Open() || value.Members is null)
            {
                Members[key] = value;
            }
            else
            {
                current.Merge(value);
            }
        }
    }

    private void DropNulls()
    {
        if (!Open())
        {
            return;
        }

        if (Members is not null)
        {
            foreach (var key in Members.Where(static m => m.Value is null).Select(static m => m.Key).ToArray())
            {
                Members.Remove(key);
            }
        }

        foreach (var child in (IEnumerable<PatchDocument?>?)Members?.Values ?? Items!)
        {
            child?.DropNulls();
        }
    }

    private void Write(ArrayBufferWriter<byte> output)
    {
        if (Members is not null)
        {
            output.Write("{"u8);
            var first = true;
            foreach (var (key, value) in Members)
            {
                if (!first)
                {
                    output.Write(","u8);
                }

                first = false;
                ApiJson.WriteValue(key, output);
                output.Write(":"u8);
                WriteChild(value, output);
            }

            output.Write("}"u8);
        }
        else
        {
            output.Write("["u8);
            for (var i = 0; i < Items!.Count; i++)
            {
                if (i > 0)
                {
                    output.Write(","u8);
                }

                WriteChild(Items[i], output);
            }

            output.Write("]"u8);
        }
    }

    private static void WriteChild(PatchDocument? child, ArrayBufferWriter<byte> output)
    {
        if (child is null)
        {
            output.Write("null"u8);
        }
        else if (child.Members is null && child.Items is null)
        {
            output.Write(GoText.Compact(child._raw.Span));
        }
        else
        {
            child.Write(output);
        }
    }

    private PatchDocument? Slice(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        var isNull = reader.TokenType == JsonTokenType.Null;
        reader.Skip();
        return isNull ? null : new(_raw[start..(int)reader.BytesConsumed]);
    }
}
