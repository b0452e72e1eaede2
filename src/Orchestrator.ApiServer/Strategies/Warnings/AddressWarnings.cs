using System.Globalization;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Spellings of addresses and networks that old fields take, though there is a better one.</summary>
internal static class AddressWarnings
{
    public static void Ip(string value, FieldPath path, List<string> warnings)
    {
        if (!IpFormats.TryParse(value, out var address, out var leadingZeros))
        {
            return;
        }

        if (leadingZeros || address.IsIPv4MappedToIPv6)
        {
            var text = IpFormats.Text(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
            warnings.Add($"{path}: non-standard IP address {GoText.Quote(value)} will be considered invalid in a future Kubernetes release: use {GoText.Quote(text)}");
        }
        else if (IpFormats.IsV6(address) && IpFormats.Text(address) is var canonical && canonical != value)
        {
            warnings.Add($"{path}: IPv6 address {GoText.Quote(value)} should be in RFC 5952 canonical format ({GoText.Quote(canonical)})");
        }
    }

    /// <summary>A network; what is invalid rather than odd has been refused before.</summary>
    public static void Cidr(string value, FieldPath path, List<string> warnings)
    {
        if (IpFormats.TryParseCidr(value, out var address, out var length, out _) && IpFormats.IsV6(address)
            && IpFormats.Text(address) + "/" + length.ToString(CultureInfo.InvariantCulture) is var canonical && canonical != value)
        {
            warnings.Add($"{path}: IPv6 CIDR value {GoText.Quote(value)} should be in RFC 5952 canonical format ({GoText.Quote(canonical)})");
        }
    }
}
