using System.Net;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>What a certificate of the cluster's CA shall say.</summary>
public sealed record CertificateProfile
{
    /// <summary>The user's or server's name.</summary>
    public required string CommonName { get; init; }

    /// <summary>The user's groups.</summary>
    public IReadOnlyList<string> Organizations { get; init; } = [];

    public IReadOnlyList<string> DnsNames { get; init; } = [];

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Good for servers.</summary>
    public bool Server { get; init; }

    /// <summary>Good for clients.</summary>
    public bool Client { get; init; }

    public required TimeSpan Validity { get; init; }
}
