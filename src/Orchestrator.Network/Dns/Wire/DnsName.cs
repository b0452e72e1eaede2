using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Network.Dns.Wire;

/// <summary>
/// Domain names as the wire has them: length-prefixed labels, closed by a zero byte, here always in lower case,
/// so that equal names are equal bytes (RFC 1035 sections 2.3.3 and 3.1).
/// </summary>
internal static class DnsName
{
    public const int LengthMax = 255;
    public const int LabelLengthMax = 63;

    /// <summary>Encodes dotted text; a trailing dot is allowed, the root is <c>""</c> or <c>"."</c>.</summary>
    /// <returns><see langword="false"/> for an empty or overlong label, a name over 255 bytes or text that is not ASCII.</returns>
    public static bool TryEncode(string text, [NotNullWhen(true)] out byte[]? name)
    {
        name = null;
        if (text.EndsWith('.'))
        {
            text = text[..^1];
        }

        if (text.Length == 0)
        {
            name = [0];
            return true;
        }

        if (text.Length + 2 > LengthMax || !Ascii.IsValid(text))
        {
            return false;
        }

        var encoded = new byte[text.Length + 2];
        var start = 0;
        while (start <= text.Length)
        {
            var end = text.IndexOf('.', start);
            end = end < 0 ? text.Length : end;
            var length = end - start;
            if (length is 0 or > LabelLengthMax)
            {
                return false;
            }

            encoded[start] = (byte)length;
            for (var i = start; i < end; i++)
            {
                encoded[i + 1] = ToLower((byte)text[i]);
            }

            start = end + 1;
        }

        name = encoded;
        return true;
    }

    /// <summary>Encodes text that is a name by construction.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static byte[] Encode(string text) =>
        TryEncode(text, out var name) ? name : throw new ArgumentException($"'{text}' is not a domain name.", nameof(text));

    /// <summary>The name under which an address is looked up backwards: <c>4.3.2.1.in-addr.arpa</c>, or its ip6.arpa form.</summary>
    public static byte[] EncodeReverse(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Encode($"{bytes[3]}.{bytes[2]}.{bytes[1]}.{bytes[0]}.in-addr.arpa");
        }

        var text = new StringBuilder(72);
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            text.Append(HexDigit(bytes[i] & 0xF)).Append('.').Append(HexDigit(bytes[i] >> 4)).Append('.');
        }

        return Encode(text.Append("ip6.arpa").ToString());

        static char HexDigit(int value) => "0123456789abcdef"[value];
    }

    /// <summary>Dotted text of a wire name, with the closing dot; bytes outside printable ASCII are escaped as <c>\DDD</c>.</summary>
    public static string Format(ReadOnlySpan<byte> name)
    {
        if (name.Length <= 1)
        {
            return ".";
        }

        var text = new StringBuilder(name.Length);
        for (var at = 0; at < name.Length && name[at] != 0; at += name[at] + 1)
        {
            foreach (var value in name.Slice(at + 1, name[at]))
            {
                if (value is (byte)'.' or (byte)'\\')
                {
                    text.Append('\\').Append((char)value);
                }
                else if (value is > 0x20 and < 0x7F)
                {
                    text.Append((char)value);
                }
                else
                {
                    text.Append('\\').Append(value.ToString("D3", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            text.Append('.');
        }

        return text.ToString();
    }

    /// <summary>
    /// Reads a name that may use compression (RFC 1035 section 4.1.4) into <paramref name="destination"/>, lower-cased and whole.
    /// </summary>
    /// <param name="message">The whole message, since pointers count from its start.</param>
    /// <param name="offset">Where the name begins; on success where the bytes behind it begin.</param>
    /// <param name="destination">At least <see cref="LengthMax"/> bytes.</param>
    /// <returns>The name's length, or 0 if it is malformed; pointers may only point backwards, so none can loop.</returns>
    public static int Read(ReadOnlySpan<byte> message, ref int offset, Span<byte> destination)
    {
        var at = offset;
        var length = 0;
        var jumped = false;
        var limit = at;
        while (at < message.Length)
        {
            var label = message[at];
            if (label == 0)
            {
                if (length >= LengthMax)
                {
                    return 0;
                }

                destination[length++] = 0;
                if (!jumped)
                {
                    offset = at + 1;
                }

                return length;
            }

            if ((label & 0xC0) == 0xC0)
            {
                if (at + 1 >= message.Length)
                {
                    return 0;
                }

                var target = ((label & 0x3F) << 8) | message[at + 1];
                if (target >= limit)
                {
                    return 0;
                }

                if (!jumped)
                {
                    offset = at + 2;
                    jumped = true;
                }

                limit = target;
                at = target;
                continue;
            }

            if (label > LabelLengthMax || at + 1 + label > message.Length || length + 1 + label >= LengthMax)
            {
                return 0;
            }

            destination[length++] = label;
            foreach (var value in message.Slice(at + 1, label))
            {
                destination[length++] = ToLower(value);
            }

            at += label + 1;
        }

        return 0;
    }

    /// <summary>The offset behind the (possibly compressed) name at <paramref name="offset"/>, or -1 if it runs out of the message.</summary>
    public static int Skip(ReadOnlySpan<byte> message, int offset)
    {
        while (offset < message.Length)
        {
            var label = message[offset];
            if (label == 0)
            {
                return offset + 1;
            }

            if ((label & 0xC0) == 0xC0)
            {
                return offset + 2 <= message.Length ? offset + 2 : -1;
            }

            if (label > LabelLengthMax)
            {
                return -1;
            }

            offset += label + 1;
        }

        return -1;
    }

    public static byte ToLower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
