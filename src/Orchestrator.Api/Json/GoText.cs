using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Api.Json;

/// <summary>Go's ways with text that .NET does otherwise: broken UTF-8, base64 errors, quoting, compact JSON.</summary>
public static class GoText
{
    /// <summary>Go's <c>%q</c> for plain text.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\v' => quoted.Append("\\v"),
                < 0x20 or 0x7f => quoted.Append($"\\x{rune.Value:x2}"),
                _ => quoted.Append(rune),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary><c>types.UID</c> stays, <c>PodPhase</c> becomes <c>v1.PodPhase</c>.</summary>
    internal static string QualifiedType(string namedType) =>
        namedType.Contains('_', StringComparison.Ordinal) ? namedType[(namedType.IndexOf('_', StringComparison.Ordinal) + 1)..]
        : namedType.Contains('.', StringComparison.Ordinal) ? namedType
        : "v1." + namedType;

    /// <summary>The text of a JSON string that is not valid Unicode: each broken part becomes U+FFFD.</summary>
    internal static string Unescape(ReadOnlySpan<byte> json)
    {
        var text = new StringBuilder(json.Length);
        var raw = Encoding.UTF8.GetString(json);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            var escape = raw[++i];
            if (escape != 'u')
            {
                text.Append(escape switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => escape });
                continue;
            }

            var unit = (char)Convert.ToUInt16(raw.Substring(i + 1, 4), 16);
            i += 4;
            if (char.IsHighSurrogate(unit) && i + 6 < raw.Length + 0 && raw[i + 1] == '\\' && raw[i + 2] == 'u'
                && (char)Convert.ToUInt16(raw.Substring(i + 3, 4), 16) is var low && char.IsLowSurrogate(low))
            {
                text.Append(unit).Append(low);
                i += 6;
            }
            else
            {
                text.Append(char.IsSurrogate(unit) ? '\uFFFD' : unit);
            }
        }

        return text.ToString();
    }

    internal static byte[] DecodeBase64(string text)
    {
        // Go skips line breaks and tells the first byte that does not fit.
        var clean = text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
        var buffer = new byte[(clean.Length / 4 * 3) + 3];
        if (!clean.Any(char.IsWhiteSpace) && Convert.TryFromBase64String(clean, buffer, out var written))
        {
            return buffer.AsSpan(0, written).ToArray();
        }

        throw new ApiDecodeException("illegal base64 data at input byte " + Base64ErrorOffset(text));
    }

    /// <summary>A JSON value without the space between tokens, with &lt;, &gt; and &amp; as Go's encoder escapes them.</summary>
    internal static byte[] Compact(ReadOnlySpan<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 16);
        var inString = false;
        for (var i = 0; i < json.Length; i++)
        {
            var b = json[i];
            if (inString)
            {
                if (b == '\\')
                {
                    output.Write(json.Slice(i, 2));
                    i++;
                    continue;
                }

                inString = b != '"';
                switch (b)
                {
                    case (byte)'<':
                        output.Write("\\u003c"u8);
                        continue;
                    case (byte)'>':
                        output.Write("\\u003e"u8);
                        continue;
                    case (byte)'&':
                        output.Write("\\u0026"u8);
                        continue;
                    case 0xE2 when i + 2 < json.Length && json[i + 1] == 0x80 && (json[i + 2] & ~1) == 0xA8:
                        output.Write(json[i + 2] == 0xA8 ? "\\u2028"u8 : "\\u2029"u8);
                        i += 2;
                        continue;
                }
            }
            else
            {
                if (b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
                {
                    continue;
                }

                inString = b == '"';
            }

            output.GetSpan(1)[0] = b;
            output.Advance(1);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Go's name of a field's type, or of its items or values; null where that has no name of its own.</summary>
    internal static string? ElementType(FieldSchema field)
    {
        var name = field.NamedType;
        return field.Shape switch
        {
            FieldShape.Single => name.Length > 0 ? QualifiedType(name) : null,
            FieldShape.List when name.StartsWith("[]", StringComparison.Ordinal) => QualifiedType(name[2..]),
            FieldShape.Map when name.StartsWith("map[string]", StringComparison.Ordinal) => QualifiedType(name[11..]),
            _ => null,
        };
    }

    /// <summary>Quotes as Go's time package does: all but printable ASCII byte by byte.</summary>
    internal static string QuoteBytes(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is (byte)'"' or (byte)'\\')
            {
                quoted.Append('\\').Append((char)b);
            }
            else if (b is < 0x20 or >= 0x80)
            {
                quoted.Append("\\x").Append(b.ToString("x2", CultureInfo.InvariantCulture));
            }
            else
            {
                quoted.Append((char)b);
            }
        }

        return quoted.Append('"').ToString();
    }

    internal static string TimeParseError(string text, bool micro)
    {
        var layout = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
        return GoTimeError.Describe(text, layout);
    }

    private static int Base64ErrorOffset(string text)
    {
        var position = 0;
        var inQuad = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '\n' or '\r')
            {
                continue;
            }

            if (c == '=')
            {
                // Padding: only in the third or fourth place of a group, and nothing after.
                if (inQuad < 2)
                {
                    return i;
                }

                var rest = text.AsSpan(i + 1).TrimStart("\r\n");
                if (inQuad == 2)
                {
                    if (rest.Length == 0)
                    {
                        return text.Length;
                    }

                    if (rest[0] != '=')
                    {
                        return text.Length - rest.Length;
                    }

                    rest = rest[1..].TrimStart("\r\n");
                }

                return rest.Length > 0 ? text.Length - rest.Length : i;
            }

            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/'))
            {
                return i;
            }

            position = i + 1;
            inQuad = (inQuad + 1) & 3;
        }

        return position - inQuad;
    }
}
