using System.Net;

namespace Orchestrator.Network.Dns.Serving;

/// <summary>Where and how the DNS server listens.</summary>
internal sealed record DnsServerOptions
{
    /// <summary>UDP and TCP; the cluster DNS Service's address, port 53, by default. Port 0 takes a free one (for tests).</summary>
    public IPEndPoint Endpoint { get; init; } = new(IPAddress.Parse("10.96.0.10"), 53);

    /// <summary>Threads that answer datagrams; one per processor up to four by default.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>TCP connections at once; the next one is closed at once. 512 by default.</summary>
    public int ConnectionsMax { get; init; } = 512;

    /// <summary>Clients that may wait for servers above at once; further ones are not heard, and ask again. 4,096 by default.</summary>
    public int WaitingMax { get; init; } = 4096;

    /// <summary>For how long a TCP connection may be silent; 10 s by default (RFC 7766 wants seconds).</summary>
    public TimeSpan ConnectionIdle { get; init; } = TimeSpan.FromSeconds(10);
}
