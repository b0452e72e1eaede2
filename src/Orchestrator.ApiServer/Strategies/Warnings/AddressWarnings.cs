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
            warnings.Add($"{path}: non-standard IP address {GoText.Quote(value)} is invalid: use {GoText.Quote(Plain(address))}");
        }
        else if (IpFormats.IsV6(address) && IpFormats.Text(address) is var canonical && canonical != value)
        {
            warnings.Add($"{path}: IPv6 address {GoText.Quote(value)} should be in RFC 5952 canonical format ({GoText.Quote(canonical)})");
        }
    }

    public static void Cidr(string value, FieldPath path, List<string> warnings)
    {
        if (!IpFormats.TryParseCidr(value, out var address, out var length, out var leadingZeros))
        {
            return;
        }

        var isMapped = address.IsIPv4MappedToIPv6;
        var network = IpFormats.Masked(address, length);
        var text = string.Create(CultureInfo.InvariantCulture, $"{IpFormats.Text(network)}/{length}");
        var isOdd = leadingZeros || isMapped;
        if (!network.Equals(address))
        {
            var single = $"{Plain(address)}/{(IpFormats.IsV6(address) ? "128" : "32")}";
            warnings.Add($"{path}: CIDR value {GoText.Quote(value)} is ambiguous in this context (should be {GoText.Quote(text)} or {GoText.Quote(single)}?)");
        }

        if (isOdd)
        {
            warnings.Add($"{path}: non-standard CIDR value {GoText.Quote(value)} is invalid: use {GoText.Quote(text)}");
        }

        // A network that says which of two is meant, or how it is written, is told of no more.
        if (network.Equals(address) && !isOdd && IpFormats.IsV6(address) && text != value)
        {
            warnings.Add($"{path}: IPv6 CIDR value {GoText.Quote(value)} should be in RFC 5952 canonical format ({GoText.Quote(text)})");
        }
    }

    private static string Plain(System.Net.IPAddress address) => IpFormats.Text(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
