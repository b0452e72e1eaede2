using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Api.Json;

/// <summary>Writes API objects as Go's encoder does: declaration order, omitempty, sorted maps, escaped angle brackets.</summary>
public ref struct ApiJsonWriter
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\<>&\u2028\u2029\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _span;
    private int _used;
    private int _flushed;
    private int _depth;

    public ApiJsonWriter(IBufferWriter<byte> output)
    {
        _output = output;
        _span = output.GetSpan(512);
    }

    /// <summary>
    /// Set before writing: the root's metadata.resourceVersion is written even when unset, as an empty text, and
    /// <see cref="HoleOffset"/> tells where its digits belong.
    /// </summary>
    public bool LeaveHole { get; set; }

    /// <summary>Bytes before the place of the resourceVersion's digits, from the first byte written; -1 if there was no such field.</summary>
    public int HoleOffset { get; private set; } = -1;

    /// <summary>Bytes written so far.</summary>
    public readonly int Written => _flushed + _used;

    public void Flush()
    {
        _output.Advance(_used);
        _flushed += _used;
        _used = 0;
        _span = [];
    }

    public void WriteRaw(scoped ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    public void WriteStruct(ApiStruct value)
    {
        if (value is CustomObject custom)
        {
            WriteCustom(custom);
            return;
        }

        var schema = value.TypeSchema;
        if (schema.FieldCount == 2 && schema.Name.StartsWith("apiextensions_v1.JSONSchemaPropsOr", StringComparison.Ordinal))
        {
            WriteAlternative(value);
            return;
        }

        _depth++;
        var hole = LeaveHole && _depth == 2 && ReferenceEquals(schema, ObjectMeta.ApiType);
        WriteByte((byte)'{');
        var first = true;
        var fields = schema.Fields;
        var slots = value.Slots;
        for (var i = 0; i < fields.Length; i++)
        {
            var slot = slots[i];
            var field = fields[i];
            if (hole && i == ObjectMeta.Fields.ResourceVersion)
            {
                Name(field, ref first);
                WriteByte((byte)'"');
                HoleOffset = Written;
                WriteByte((byte)'"');
                continue;
            }

            if (slot is null)
            {
                if (OmitsNull(field))
                {
                    continue;
                }

                Name(field, ref first);
                WriteZero(field);
                continue;
            }

            Name(field, ref first);
            if (LeaveHole && slot is IApiList { Count: 0 } or IApiMap { Count: 0 })
            {
                // What is stored knows no difference between an empty list and none, as upstream's protobuf does not.
                WriteRaw("null"u8);
                continue;
            }

            WriteFieldValue(field, slot);
        }

        WriteByte((byte)'}');
        _depth--;
    }

    /// <summary>Writes a JSON tree or a slot value whose kind its type tells (times with whole seconds).</summary>
    public void WriteValue(object? value)
    {
        switch (value)
        {
            case null:
                WriteRaw("null"u8);
                break;
            case string text:
                WriteText(text);
                break;
            case bool flag:
                WriteRaw(flag ? "true"u8 : "false"u8);
                break;
            case long number:
                WriteInteger(number);
                break;
            case double number:
                WriteDouble(number);
                break;
            case ApiStruct structure:
                WriteStruct(structure);
                break;
            case IApiList list:
                WriteByte((byte)'[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0)
                    {
                        WriteByte((byte)',');
                    }

                    WriteValue(list.ItemAt(i));
                }

                WriteByte((byte)']');
                break;
            case IApiMap map:
                WriteByte((byte)'{');
                for (var i = 0; i < map.Count; i++)
                {
                    if (i > 0)
                    {
                        WriteByte((byte)',');
                    }

                    WriteText(map.KeyAt(i));
                    WriteByte((byte)':');
                    WriteValue(map.ValueAt(i));
                }

                WriteByte((byte)'}');
                break;
            case RawJson raw:
                WriteRaw(raw.Utf8.Span);
                break;
            case Quantity quantity:
                WriteText(quantity.ToString());
                break;
            case DateTimeOffset time:
                WriteTime(time, micro: false);
                break;
            case TimeSpan duration:
                WriteText(GoDuration.Format(duration));
                break;
            case IntOrString either:
                if (either.IsText)
                {
                    WriteText(either.Text!);
                }
                else
                {
                    WriteInteger(either.Int);
                }

                break;
            case byte[] bytes:
                WriteBase64(bytes);
                break;
            case int number:
                WriteInteger(number);
                break;
            default:
                throw new ArgumentException($"A {value.GetType()} is no value of an API object.", nameof(value));
        }
    }

    public void WriteText(string text)
    {
        WriteByte((byte)'"');
        if (text.AsSpan().IndexOfAny(Escaped) < 0)
        {
            Reserve(text.Length * 3);
            _used += Encoding.UTF8.GetBytes(text, _span[_used..]);
        }
        else
        {
            WriteEscaped(text);
        }

        WriteByte((byte)'"');
    }

    public void WriteByte(byte value)
    {
        if (_used == _span.Length)
        {
            Reserve(1);
        }

        _span[_used++] = value;
    }

    public void WriteInteger(long value)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(value, _span[_used..], out var written);
        _used += written;
    }

    /// <summary>Whether a null slot is left out. What Go keeps as a struct by value (times, quantities and their like too) is written with what it always has.</summary>
    internal static bool OmitsNull(FieldSchema field) =>
        field.OmitEmpty && (field.Pointer || field.Shape != FieldShape.Single || field.OmitZero
            || field.Kind is not (FieldKind.Struct or FieldKind.Time or FieldKind.MicroTime or FieldKind.Quantity or FieldKind.IntOrString or FieldKind.Duration)
                && field.RawType != "RawExtension");

    private void Name(FieldSchema field, ref bool first)
    {
        if (!first)
        {
            WriteByte((byte)',');
        }

        first = false;
        WriteRaw(field.NamePrefix);
    }

    private void WriteFieldValue(FieldSchema field, object slot)
    {
        if (field.Kind == FieldKind.MicroTime)
        {
            WriteMicro(slot);
            return;
        }

        WriteValue(slot);
    }

    private void WriteMicro(object slot)
    {
        if (slot is DateTimeOffset time)
        {
            WriteTime(time, micro: true);
            return;
        }

        WriteValue(slot);
    }

    /// <summary>Go's zero time is null.</summary>
    private void WriteTime(DateTimeOffset time, bool micro)
    {
        if (time == default)
        {
            WriteRaw("null"u8);
            return;
        }

        WriteText(micro ? ApiTime.FormatMicro(time) : ApiTime.Format(time));
    }

    private void WriteZero(FieldSchema field)
    {
        if (field.Pointer || field.Shape != FieldShape.Single)
        {
            WriteRaw("null"u8);
            return;
        }

        switch (field.Kind)
        {
            case FieldKind.String:
                WriteRaw("\"\""u8);
                break;
            case FieldKind.Bool:
                WriteRaw("false"u8);
                break;
            case FieldKind.Int32 or FieldKind.Int64 or FieldKind.Double or FieldKind.IntOrString:
                WriteRaw("0"u8);
                break;
            case FieldKind.Duration:
                WriteRaw("\"0s\""u8);
                break;
            case FieldKind.Quantity:
                WriteRaw("\"0\""u8);
                break;
            case FieldKind.Struct:
                WriteStruct(field.Struct!.Create());
                break;
            default:
                WriteRaw("null"u8);
                break;
        }
    }

    private void WriteAlternative(ApiStruct value)
    {
        var (schema, other) = (value.Slots[0], value.Slots[1]);
        if (value.TypeSchema.TypeName == "JSONSchemaPropsOrBool")
        {
            WriteValue(schema ?? other ?? false);
        }
        else
        {
            WriteValue(other is IApiList { Count: > 0 } ? other : schema);
        }
    }

    /// <summary>Custom objects have sorted keys, as every map has.</summary>
    private void WriteCustom(CustomObject custom)
    {
        _depth++;
        WriteByte((byte)'{');
        var content = custom.Content;
        var first = true;
        var head = 0;
        for (var i = 0; i <= content.Count; i++)
        {
            var key = i < content.Count ? content.KeyAt(i) : null;
            for (; head < 3; head++)
            {
                var name = head switch { 0 => "apiVersion", 1 => "kind", _ => "metadata" };
                if (key is not null && string.CompareOrdinal(name, key) > 0)
                {
                    break;
                }

                var slot = custom.Slots[head switch { 0 => ApiObject.ApiVersionSlot, 1 => ApiObject.KindSlot, _ => ApiObject.MetadataSlot }];
                if (slot is null && head != 2)
                {
                    continue;
                }

                Key(name, ref first);
                WriteValue(slot ?? ObjectMeta.Empty);
            }

            if (key is not null)
            {
                Key(key, ref first);
                WriteValue(content.ValueAt(i));
            }
        }

        WriteByte((byte)'}');
        _depth--;
    }

    private void Key(string key, ref bool first)
    {
        if (!first)
        {
            WriteByte((byte)',');
        }

        first = false;
        WriteText(key);
        WriteByte((byte)':');
    }

    private void WriteEscaped(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            Reserve(6);
            switch (rune.Value)
            {
                case '"':
                    WriteRaw("\\\""u8);
                    break;
                case '\\':
                    WriteRaw("\\\\"u8);
                    break;
                case '\n':
                    WriteRaw("\\n"u8);
                    break;
                case '\r':
                    WriteRaw("\\r"u8);
                    break;
                case '\t':
                    WriteRaw("\\t"u8);
                    break;
                case '\b':
                    WriteRaw("\\b"u8);
                    break;
                case '\f':
                    WriteRaw("\\f"u8);
                    break;
                case < 0x20 or '<' or '>' or '&' or 0x2028 or 0x2029:
                    WriteRaw("\\u"u8);
                    Reserve(4);
                    rune.Value.TryFormat(_span[_used..], out var digits, "x4", CultureInfo.InvariantCulture);
                    _used += digits;
                    break;
                default:
                    _used += rune.EncodeToUtf8(_span[_used..]);
                    break;
            }
        }
    }

    /// <summary>The shortest text that reads back, without an exponent between 1e-6 and 1e21, as Go writes float64.</summary>
    private void WriteDouble(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException("JSON has no infinity and no NaN.", nameof(value));
        }

        var magnitude = Math.Abs(value);
        string text;
        if (magnitude != 0 && magnitude is < 1e-6 or >= 1e21)
        {
            text = value.ToString("E16", CultureInfo.InvariantCulture);
            var shortest = value.ToString("R", CultureInfo.InvariantCulture);
            text = ToGoExponent(shortest.Contains('E', StringComparison.Ordinal) ? shortest : text);
        }
        else
        {
            text = ((decimal)magnitude is var exact && (double)exact == magnitude && magnitude < 1e15
                ? value.ToString("0.#############################", CultureInfo.InvariantCulture)
                : value.ToString("F0", CultureInfo.InvariantCulture));
            var shortest = value.ToString("R", CultureInfo.InvariantCulture);
            text = shortest.Contains('E', StringComparison.Ordinal) ? text : shortest;
        }

        Reserve(text.Length);
        _used += Encoding.ASCII.GetBytes(text, _span[_used..]);
    }

    /// <summary><c>1.5E-07</c> → <c>1.5e-07</c>, <c>1E+21</c> → <c>1e+21</c>.</summary>
    private static string ToGoExponent(string text)
    {
        var cut = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = text[..cut];
        var exponent = int.Parse(text[(cut + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

        // encoding/json turns e-07 into e-7.
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString(CultureInfo.InvariantCulture);
    }

    private void WriteBase64(byte[] bytes)
    {
        WriteByte((byte)'"');
        Reserve(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, _span[_used..], out _, out var written);
        _used += written;
        WriteByte((byte)'"');
    }

    private void Reserve(int count)
    {
        if (_span.Length - _used >= count)
        {
            return;
        }

        _output.Advance(_used);
        _flushed += _used;
        _used = 0;
        _span = _output.GetSpan(Math.Max(count, 512));
    }
}
