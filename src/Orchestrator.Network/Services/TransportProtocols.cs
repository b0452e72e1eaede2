namespace Orchestrator.Network.Services;

/// <summary>The spellings of a <see cref="TransportProtocol"/>.</summary>
internal static class TransportProtocols
{
    /// <summary>Reads the API's spelling; empty means TCP, anything unknown is <see langword="null"/>.</summary>
    public static TransportProtocol? Parse(string value) => value switch
    {
        "" or "TCP" => TransportProtocol.Tcp,
        "UDP" => TransportProtocol.Udp,
        "SCTP" => TransportProtocol.Sctp,
        _ => null,
    };

    /// <summary>The lower-case name that nftables, conntrack and DNS service labels use.</summary>
    public static string Keyword(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp",
        TransportProtocol.Udp => "udp",
        TransportProtocol.Sctp => "sctp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, null),
    };
}
