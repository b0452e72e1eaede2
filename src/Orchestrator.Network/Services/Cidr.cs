using System.Globalization;
using System.Net;

namespace Orchestrator.Network.Services;

/// <summary>CIDR blocks as people write them.</summary>
internal static class Cidr
{
    /// <summary>The block's canonical text. Bits behind the prefix are allowed and cleared (<c>10.1.2.3/8</c> means <c>10.0.0.0/8</c>), as Kubernetes does.</summary>
    /// <returns><see langword="null"/> if it is no block.</returns>
    public static string? Normalize(string text)
    {
        var parts = text.Trim().Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        if (prefix > bytes.Length * 8)
        {
            return null;
        }

        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return $"{new IPAddress(bytes)}/{prefix}";
    }
}
