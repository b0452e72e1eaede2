using System.Net;

namespace Orchestrator.ApiServer;

/// <summary>How an API server is set up.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Holds the keys and the embedded store's files; made if missing.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where to listen. Default: all addresses.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Any;

    /// <summary>0 picks a free port.</summary>
    public int HttpsPort { get; init; } = 6443;

    /// <summary>The address that others are told; null for the bind address, or the host's own when that is any.</summary>
    public IPAddress? AdvertiseAddress { get; init; }

    /// <summary>More names and addresses under which clients reach the server, for its certificate.</summary>
    public IReadOnlyList<string> TlsNames { get; init; } = [];

    /// <summary>Where Services get their addresses from. The first is the API server's own.</summary>
    public IPNetwork ServiceRange { get; init; } = IPNetwork.Parse("10.96.0.0/16");

    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>A CSV file of lasting bearer tokens; null for none.</summary>
    public string? StaticTokenFile { get; init; }

    /// <summary>etcd's endpoints; empty for the embedded store.</summary>
    public IReadOnlyList<string> EtcdEndpoints { get; init; } = [];

    /// <summary>How long superseded revisions are kept. Default 1 hour.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The operator's settings by name, shown at /flagz and /configz. Must hold no secrets.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    /// <summary>The seed of everything random that need not be secret: names, addresses, time limits.</summary>
    public int Seed { get; init; } = Environment.TickCount;
}
