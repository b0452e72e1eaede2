using System.Text;

namespace Orchestrator.Grpc.Wire;

/// <summary>The <c>grpc-message</c> trailer: UTF-8, percent-encoded outside of printable ASCII.</summary>
internal static class StatusMessage
{
    /// <summary>Encodes a detail for the wire.</summary>
    public static string Encode(string detail)
    {
        var plain = true;
        foreach (var c in detail)
        {
            plain &= c is >= ' ' and <= '~' and not '%';
        }

        if (plain)
        {
            return detail;
        }

        var encoded = new StringBuilder(detail.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(detail))
        {
            if (b is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(Convert.ToHexString([b]));
            }
        }

        return encoded.ToString();
    }

    /// <summary>Decodes a detail; what is not a valid escape stays as it is, because a status must never be lost over its text.</summary>
    public static string Decode(string encoded) => encoded.Contains('%') ? Uri.UnescapeDataString(encoded) : encoded;
}
