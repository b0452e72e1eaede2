using System.Net;

namespace Orchestrator.ApiServer.Identity.Certificates;

/// <summary>What the cluster's certificates depend on.</summary>
public sealed record PkiOptions
{
    /// <summary>Where keys and certificates lie; made if missing, for its owner only.</summary>
    public required string Directory { get; init; }

    /// <summary>Addresses under which clients reach this server, besides loopback.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Names under which clients reach this server, besides <c>kubernetes…</c> and <c>localhost</c>.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>PEM of more CAs whose clients are known; null for the cluster's own alone.</summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>PEM of the CAs of proxies that say who makes a request; null for the cluster's own.</summary>
    public string? FrontProxyAuthorityFile { get; init; }

    /// <summary>Ten years, as kubeadm's.</summary>
    public TimeSpan AuthorityValidity { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>Of the serving and the administrator's certificate; renewed when two thirds are over.</summary>
    public TimeSpan CertificateValidity { get; init; } = TimeSpan.FromDays(365);
}
