using System.Globalization;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>IP addresses and networks.</summary>
internal static class NetworkLibrary
{
    public static CelType IpType { get; } = T.Opaque("net.IP");

    public static CelType CidrType { get; } = T.Opaque("net.CIDR");

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function(
            "ip",
            Global("string_to_ip", [T.String], IpType, a => Address(a[0].AsString, out var fault) is { } address ? new Ip(address) : CelValue.Error(fault)),
            Member("cidr_ip", [CidrType], IpType, a => new Ip(Net(a[0]).Address))),
        Function("ip.isCanonical", Global("ip_is_canonical", [T.String], T.Bool, IsCanonical)),
        Function(
            "isIP",
            Global("is_ip", [T.String], T.Bool, a => Address(a[0].AsString, out _) is not null)),
        Function("family", Member("family", [IpType], T.Int, a => CelValue.Int(Of(a[0]).Is4 ? 4 : 6))),
        Test("isUnspecified", "is_unspecified", i => i.IsUnspecified),
        Test("isLoopback", "is_loopback", i => i.IsLoopback),
        Test("isLinkLocalMulticast", "is_link_local_multicast", i => i.IsLinkLocalMulticast),
        Test("isLinkLocalUnicast", "is_link_local_unicast", i => i.IsLinkLocalUnicast),
        Test("isGlobalUnicast", "is_global_unicast", i => i.IsGlobalUnicast),
        Function(
            "string",
            Global("ip_to_string", [IpType], T.String, a => Of(a[0]).ToString()),
            Global("cidr_to_string", [CidrType], T.String, a => Net(a[0]).ToString())),
        Function("cidr", Global("string_to_cidr", [T.String], CidrType, a => Network(a[0].AsString, out var fault) is { } cidr ? cidr : CelValue.Error(fault))),
        Function("isCIDR", Global("is_cidr", [T.String], T.Bool, a => Network(a[0].AsString, out _) is not null)),
        Function(
            "containsIP",
            Member("cidr_contains_ip_ip", [CidrType, IpType], T.Bool, a => Net(a[0]).Contains(Of(a[1]))),
            Member(
                "cidr_contains_ip_string",
                [CidrType, T.String],
                T.Bool,
                a => Address(a[1].AsString, out _) is { } address ? Net(a[0]).Contains(address) : CelError.NoSuchOverload)),
        Function(
            "containsCIDR",
            Member("cidr_contains_cidr", [CidrType, CidrType], T.Bool, a => Net(a[0]).Contains(Net(a[1]))),
            Member(
                "cidr_contains_cidr_string",
                [CidrType, T.String],
                T.Bool,
                a => Network(a[1].AsString, out var fault) is { } cidr ? Net(a[0]).Contains(cidr) : CelValue.Error(fault))),
        Function("prefixLength", Member("cidr_prefix_length", [CidrType], T.Int, a => CelValue.Int(Net(a[0]).Bits))),
        Function("masked", Member("cidr_masked", [CidrType], CidrType, a => new Cidr(Net(a[0]).Address.Masked(Net(a[0]).Bits), Net(a[0]).Bits))),
    ];

    private static CelFunction Test(string name, string id, Func<GoAddress, bool> test) =>
        Function(name, Member(id, [IpType], T.Bool, a => test(Of(a[0]))));

    private static GoAddress Of(in CelValue value) => ((Ip)value.Reference!).Address;

    private static Cidr Net(in CelValue value) => (Cidr)value.Reference!;

    private static CelValue IsCanonical(CelValue[] a) =>
        Address(a[0].AsString, out var fault) is { } address ? address.ToString() == a[0].AsString : CelValue.Error(fault);

    private static GoAddress? Address(string text, out string fault)
    {
        if (GoAddress.Parse(text, out var why) is not { } address)
        {
            fault = $"IP Address {StandardLibrary.Quote(text)} parse error during conversion from string: {why}";
            return null;
        }

        fault = address.Zone.Length > 0 ? $"IP address {StandardLibrary.Quote(text)} with zone value is not allowed"
            : address.Is4In6 ? $"IPv4-mapped IPv6 address {StandardLibrary.Quote(text)} is not allowed"
            : "";
        return fault.Length == 0 ? address : null;
    }

    private static Cidr? Network(string text, out string fault)
    {
        // Upstream says it twice.
        const string Prefix = "network address parse error during conversion from string: network address parse error during conversion from string: ";
        var quoted = StandardLibrary.Quote(text);
        fault = "";
        var slash = text.LastIndexOf('/');
        if (slash < 0)
        {
            fault = $"{Prefix}netip.ParsePrefix({quoted}): no '/'";
            return null;
        }

        if (GoAddress.Parse(text[..slash], out var why) is not { } address)
        {
            fault = $"{Prefix}netip.ParsePrefix({quoted}): {why}";
            return null;
        }

        var digits = text[(slash + 1)..];
        if (address.Zone.Length > 0)
        {
            fault = $"{Prefix}netip.ParsePrefix({quoted}): IPv6 zones cannot be present in a prefix";
            return null;
        }

        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) || (digits.Length > 1 && digits[0] == '0'))
        {
            fault = $"{Prefix}netip.ParsePrefix({quoted}): bad bits after slash: {StandardLibrary.Quote(digits)}";
            return null;
        }

        if (bits > address.BitCount)
        {
            fault = $"{Prefix}netip.ParsePrefix({quoted}): prefix length out of range";
            return null;
        }

        if (address.Is4In6)
        {
            fault = $"network address parse error during conversion from string: IPv4-mapped IPv6 address {quoted} is not allowed";
            return null;
        }

        return new(address, bits);
    }

    private sealed class Ip(GoAddress address) : CelOpaque(IpType)
    {
        public GoAddress Address => address;

        internal override ulong CostSize => (ulong)address.Bytes.Length;

        public override bool ValueEquals(CelReference other) => other is Ip ip && ip.Address.Equals(address);

        public override int ValueHash() => address.GetHashCode();

        public override string ToString() => address.ToString();
    }

    private sealed class Cidr(GoAddress address, int bits) : CelOpaque(CidrType)
    {
        public GoAddress Address => address;

        public int Bits => bits;

        internal override ulong CostSize => (ulong)((bits + 7) / 8);

        public bool Contains(GoAddress other) => other.Is4 == address.Is4 && address.Masked(bits).Equals(other.Masked(bits));

        public bool Contains(Cidr other) => bits <= other.Bits && Contains(other.Address);

        public override bool ValueEquals(CelReference other) => other is Cidr cidr && cidr.Bits == bits && cidr.Address.Equals(address);

        public override int ValueHash() => HashCode.Combine(address, bits);

        public override string ToString() => $"{address}/{bits}";
    }
}
