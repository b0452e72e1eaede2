using System.Net;

namespace Orchestrator.Network.Dns.Forwarding;

/// <summary>How names outside the cluster are looked up.</summary>
internal sealed record ForwarderOptions
{
    /// <summary>Servers to ask, in order. Empty (the default): those of <see cref="ResolvConfPath"/>.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>The host's resolver configuration, read again when it changes.</summary>
    public string ResolvConfPath { get; init; } = "/etc/resolv.conf";

    /// <summary>Addresses this server itself listens on; asking them would go round in circles.</summary>
    public IReadOnlyList<IPAddress> OwnAddresses { get; init; } = [];

    /// <summary>For how long one server may think; 2 s by default. Stub resolvers ask again after 5 s, so two servers fit in.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the list of servers is gone through; twice by default.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Answers remembered at most; 10,000 by default, some 5 MB.</summary>
    public int CacheEntriesMax { get; init; } = 10_000;

    /// <summary>For how long an answer is remembered at most, whatever it says itself; 30 s by default.</summary>
    public TimeSpan CacheTtlMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a failure is remembered; 1 s by default, the least that RFC 9520 asks for.</summary>
    public TimeSpan FailureTtl { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Questions under way at once; beyond it the answer is "server failure". 1,000 by default.</summary>
    public int InFlightMax { get; init; } = 1000;
}
