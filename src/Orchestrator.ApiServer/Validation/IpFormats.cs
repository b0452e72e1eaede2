using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.ApiServer.Validation;

/// <summary>IP addresses and CIDRs: old fields take several spellings of one address but no dangerous ones, new fields take the canonical one.</summary>
internal static class IpFormats
{
    private const string IpFault = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    private const string PaddedCidrFault = "must not have leading 0s in IP or prefix length";
    private const string CidrFault = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

    /// <summary>An address in a field that is older than the strict rules.</summary>
    public static IReadOnlyList<string> Ip(string value)
    {
        if (!TryParse(value, out var address, out var leadingZeros))
        {
            return [IpFault];
        }

        return leadingZeros ? ["must not have leading 0s"]
            : address.IsIPv4MappedToIPv6 ? ["must not be an IPv4-mapped IPv6 address"]
            : [];
    }

    /// <summary>An address in its one canonical spelling.</summary>
    public static IReadOnlyList<string> CanonicalIp(string value)
    {
        if (!TryParse(value, out var address, out var leadingZeros))
        {
            return [IpFault];
        }

        return leadingZeros ? ["must not have leading 0s"]
            : address.IsIPv4MappedToIPv6 ? ["must not be an IPv4-mapped IPv6 address"]
            : Text(address) != value ? [$"must be in canonical form (\"{Text(address)}\")"]
            : [];
    }

    public static IReadOnlyList<string> Cidr(string value)
    {
        if (!TryParseCidr(value, out var address, out var length, out var leadingZeros))
        {
            return [CidrFault];
        }

        return leadingZeros || HasPaddedLength(value) ? [PaddedCidrFault]
            : address.IsIPv4MappedToIPv6 ? ["must not have an IPv4-mapped IPv6 address"]
            : !Masked(address, length).Equals(address) ? ["must not have bits set beyond the prefix length"]
            : [];
    }

    public static IReadOnlyList<string> CanonicalCidr(string value)
    {
        if (Cidr(value) is { Count: > 0 } faults)
        {
            return faults;
        }

        _ = TryParseCidr(value, out var address, out var length, out _);
        var canonical = Text(address) + "/" + length.ToString(CultureInfo.InvariantCulture);
        return canonical == value ? [] : [$"must be in canonical form (\"{canonical}\")"];
    }

    /// <summary>An address of an interface, with the length of its network's prefix.</summary>
    public static IReadOnlyList<string> InterfaceAddress(string value)
    {
        if (!TryParseCidr(value, out var address, out var length, out _))
        {
            return ["must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"];
        }

        var canonical = Text(address) + "/" + length.ToString(CultureInfo.InvariantCulture);
        return canonical == value ? [] : [$"must be in canonical form (\"{canonical}\")"];
    }

    /// <summary>Addresses that no service may use as an endpoint: unspecified, loopback, link-local.</summary>
    public static IReadOnlyList<string> NotSpecial(string value)
    {
        if (!TryParse(value, out var address, out _))
        {
            return ["must be a valid IP address"];
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        var faults = new List<string>();
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            faults.Add($"may not be unspecified ({value})");
        }

        if (IPAddress.IsLoopback(address))
        {
            faults.Add("may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }

        var bytes = address.GetAddressBytes();
        if (address.IsIPv6LinkLocal || (bytes.Length == 4 && bytes[0] == 169 && bytes[1] == 254))
        {
            faults.Add("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }

        if ((bytes.Length == 4 && bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0) || (bytes.Length == 16 && bytes[0] == 0xff && (bytes[1] & 0xf) == 2))
        {
            faults.Add("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
        }

        return faults.Count == 0 ? [] : faults;
    }

    public static bool TryParse(string value, out IPAddress address, out bool leadingZeros)
    {
        leadingZeros = false;
        address = IPAddress.None;
        if (value.Contains(':', StringComparison.Ordinal))
        {
            return !value.AsSpan().ContainsAny('%', '[', '/') && IPAddress.TryParse(value, out address!) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        Span<byte> bytes = stackalloc byte[4];
        var part = 0;
        foreach (var range in value.AsSpan().Split('.'))
        {
            var digits = value.AsSpan(range);
            if (part == 4 || digits.Length is 0 || digits.ContainsAnyExceptInRange('0', '9') || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 255)
            {
                return false;
            }

            leadingZeros |= digits.Length > 1 && digits[0] == '0';
            bytes[part++] = (byte)number;
        }

        if (part != 4)
        {
            return false;
        }

        address = new IPAddress(bytes);
        return true;
    }

    public static bool TryParseCidr(string value, out IPAddress address, out int length, out bool leadingZeros)
    {
        (address, length, leadingZeros) = (IPAddress.None, 0, false);
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && value.Length > slash + 1 && !value.AsSpan(slash + 1).ContainsAnyExceptInRange('0', '9')
            && TryParse(value[..slash], out address, out leadingZeros)
            && int.TryParse(value.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
            && length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    /// <summary>Whether the length of the prefix is written with zeros in front.</summary>
    private static bool HasPaddedLength(string cidr) => cidr[(cidr.IndexOf('/', StringComparison.Ordinal) + 1)..] is { Length: > 1 } length && length[0] == '0';

    /// <summary>The network's own address.</summary>
    public static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff00 >> bits);
        }

        return new IPAddress(bytes);
    }

    public static bool IsV6(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    public static string Text(IPAddress address) => address.ToString();
}
