using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Orchestrator.Cel.Library;

/// <summary>An IP address as Go's <c>netip</c> reads and writes it: no leading zeroes, nothing but the canonical forms' rules.</summary>
internal sealed class GoAddress : IEquatable<GoAddress>
{
    private readonly byte[] _bytes;

    public GoAddress(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public bool Is4 => _bytes.Length == 4;

    public int BitCount => _bytes.Length * 8;

    public string Zone { get; private init; } = "";

    public bool Is4In6 => !Is4 && _bytes.AsSpan(0, 10).IndexOfAnyExcept((byte)0) < 0 && _bytes[10] == 0xff && _bytes[11] == 0xff;

    public bool IsUnspecified => _bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0;

    public bool IsLoopback => Is4 ? _bytes[0] == 127 : _bytes.AsSpan(0, 15).IndexOfAnyExcept((byte)0) < 0 && _bytes[15] == 1;

    public bool IsLinkLocalUnicast => Is4 ? _bytes[0] == 169 && _bytes[1] == 254 : _bytes[0] == 0xfe && (_bytes[1] & 0xc0) == 0x80;

    public bool IsLinkLocalMulticast => Is4 ? _bytes[0] == 224 && _bytes[1] == 0 && _bytes[2] == 0 : _bytes[0] == 0xff && (_bytes[1] & 0x0f) == 2;

    public bool IsGlobalUnicast => !IsUnspecified && !IsLoopback && !IsMulticast && !IsLinkLocalUnicast && !(Is4 && _bytes.AsSpan().IndexOfAnyExcept((byte)255) < 0);

    private bool IsMulticast => Is4 ? (_bytes[0] & 0xf0) == 0xe0 : _bytes[0] == 0xff;

    /// <summary>Reads an address; null with Go's message if it is none.</summary>
    public static GoAddress? Parse(string text, out string fault)
    {
        var why = "unable to parse IP";
        var at = "";
        GoAddress? address = null;
        var mark = text.IndexOfAny(['.', ':', '%']);
        if (mark >= 0)
        {
            (address, why, at) = text[mark] switch
            {
                '.' => Four(text),
                ':' => Six(text),
                _ => (null, "missing IPv6 address", ""),
            };
        }

        fault = address is not null ? "" : $"ParseAddr({StandardLibrary.Quote(text)}): {why}{(at.Length > 0 ? $" (at {StandardLibrary.Quote(at)})" : "")}";
        return address;
    }

    /// <summary>The address with all bits behind the prefix cleared.</summary>
    public GoAddress Masked(int bits)
    {
        var bytes = (byte[])_bytes.Clone();
        for (var i = 0; i < bytes.Length; i++)
        {
            var keep = Math.Clamp(bits - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - keep));
        }

        return new(bytes);
    }

    public bool Equals(GoAddress? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => Equals(obj as GoAddress);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    public override string ToString()
    {
        if (Is4)
        {
            return string.Join('.', _bytes);
        }

        if (Is4In6)
        {
            return $"::ffff:{string.Join('.', _bytes[12..])}";
        }

        var groups = new ushort[8];
        for (var i = 0; i < 8; i++)
        {
            groups[i] = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(i * 2));
        }

        // The first longest run of at least two zeroes is left out.
        var (start, length) = (-1, 1);
        for (var i = 0; i < 8; i++)
        {
            var run = 0;
            while (i + run < 8 && groups[i + run] == 0)
            {
                run++;
            }

            if (run > length)
            {
                (start, length) = (i, run);
            }
        }

        var text = new StringBuilder();
        for (var i = 0; i < 8; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }

            if (text.Length > 0 && text[^1] != ':')
            {
                text.Append(':');
            }

            text.Append(groups[i].ToString("x", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static (GoAddress? Address, string Why, string At) Four(string text)
    {
        var bytes = new byte[4];
        var (position, value, digits) = (0, 0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiDigit(c))
            {
                if (digits == 1 && value == 0)
                {
                    return (null, "IPv4 field has octet with leading zero", "");
                }

                value = (value * 10) + c - '0';
                digits++;
                if (value > 255)
                {
                    return (null, "IPv4 field has value >255", "");
                }
            }
            else if (c == '.')
            {
                if (i == 0 || i == text.Length - 1 || text[i - 1] == '.')
                {
                    return (null, "IPv4 field must have at least one digit", text[i..]);
                }

                if (position == 3)
                {
                    return (null, "IPv4 address too long", "");
                }

                bytes[position++] = (byte)value;
                (value, digits) = (0, 0);
            }
            else
            {
                return (null, "unexpected character", text[i..]);
            }
        }

        if (position < 3)
        {
            return (null, "IPv4 address too short", "");
        }

        bytes[3] = (byte)value;
        return (new(bytes), "", "");
    }

    private static (GoAddress? Address, string Why, string At) Six(string text)
    {
        var rest = text;
        var zone = "";
        var percent = rest.IndexOf('%', StringComparison.Ordinal);
        if (percent >= 0)
        {
            zone = rest[(percent + 1)..];
            rest = rest[..percent];
            if (zone.Length == 0)
            {
                return (null, "zone must be a non-empty string", "");
            }
        }

        var bytes = new byte[16];
        var ellipsis = -1;
        if (rest.StartsWith("::", StringComparison.Ordinal))
        {
            ellipsis = 0;
            rest = rest[2..];
            if (rest.Length == 0)
            {
                return (new(bytes) { Zone = zone }, "", "");
            }
        }

        var i = 0;
        while (i < 16)
        {
            var (digits, value) = (0, 0);
            while (digits < rest.Length && char.IsAsciiHexDigit(rest[digits]))
            {
                value = (value << 4) + Convert.ToInt32(rest[digits].ToString(), 16);
                digits++;
                if (digits > 4)
                {
                    return (null, "each group must have 4 or less digits", rest);
                }
            }

            if (digits == 0)
            {
                return (null, "each colon-separated field must have at least one digit", rest);
            }

            if (digits < rest.Length && rest[digits] == '.')
            {
                if (ellipsis < 0 && i != 12)
                {
                    return (null, "embedded IPv4 address must replace the final 2 fields of the address", rest);
                }

                if (i + 4 > 16)
                {
                    return (null, "too many hex fields to fit an embedded IPv4 at the end of the address", rest);
                }

                var (four, why, at) = Four(rest);
                if (four is null)
                {
                    return (null, why, at);
                }

                four._bytes.CopyTo(bytes, i);
                rest = "";
                i += 4;
                break;
            }

            bytes[i] = (byte)(value >> 8);
            bytes[i + 1] = (byte)value;
            i += 2;
            rest = rest[digits..];
            if (rest.Length == 0)
            {
                break;
            }

            if (rest[0] != ':')
            {
                return (null, "unexpected character, want colon", rest);
            }

            if (rest.Length == 1)
            {
                return (null, "colon must be followed by more characters", rest);
            }

            rest = rest[1..];
            if (rest[0] == ':')
            {
                if (ellipsis >= 0)
                {
                    return (null, "multiple :: in address", rest);
                }

                ellipsis = i;
                rest = rest[1..];
                if (rest.Length == 0)
                {
                    break;
                }
            }
        }

        if (rest.Length > 0)
        {
            return (null, "trailing garbage after address", rest);
        }

        if (i < 16)
        {
            if (ellipsis < 0)
            {
                return (null, "address string too short", "");
            }

            var gap = 16 - i;
            Array.Copy(bytes, ellipsis, bytes, ellipsis + gap, i - ellipsis);
            Array.Clear(bytes, ellipsis, gap);
        }
        else if (ellipsis >= 0)
        {
            return (null, "the :: must expand to at least one field of zeros", "");
        }

        return (new(bytes) { Zone = zone }, "", "");
    }
}
