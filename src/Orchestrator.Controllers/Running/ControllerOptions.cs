using System.Net;
using Orchestrator.Api.Certificates.V1;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers;

/// <summary>Settings of the controllers. The defaults are upstream's.</summary>
public sealed record ControllerOptions
{
    /// <summary>This process among several; "" for the host's name and a random part.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Whether to act only while holding the Lease <c>kube-system/kube-controller-manager</c>.</summary>
    public bool LeaderElect { get; init; } = true;

    /// <summary>The certificate that <c>kube-root-ca.crt</c> publishes, in PEM; null to leave that out.</summary>
    public string? RootCaPem { get; init; }

    /// <summary>Signs an approved request; null from it for a signer that is not ours. Null here to sign nothing.</summary>
    public Func<CertificateSigningRequest, SignedCertificate?>? SignCertificate { get; init; }

    /// <summary>The token for a Secret (its name) of an account; null to fill no Secrets.</summary>
    public Func<ServiceAccount, string, string>? IssueSecretToken { get; init; }

    /// <summary>Names and addresses of the API servers, which no node may bear in its serving certificate.</summary>
    public IReadOnlySet<string> ControlPlaneNames { get; init; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost",
    };

    /// <summary>The Services' range, whose addresses no node may bear in its serving certificate; null for unknown.</summary>
    public IPNetwork? ServiceCidr { get; init; }

    /// <summary>The address at which the nodes answer DNS, published as the Service <c>kube-system/kube-dns</c>; null to publish none.</summary>
    public IPAddress? ClusterDns { get; init; }

    /// <summary>The range that nodes get their pod ranges from; null to hand out none.</summary>
    public IPNetwork? ClusterCidr { get; init; } = IPNetwork.Parse("10.244.0.0/16");

    /// <summary>The prefix length of a node's pod range.</summary>
    public int NodeCidrMaskSize { get; init; } = 24;

    /// <summary>How long a node may be silent before it counts as unknown. Longer than several of its heartbeats (10 s).</summary>
    public TimeSpan NodeMonitorGracePeriod { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>How long a new node may take for its first heartbeat.</summary>
    public TimeSpan NodeStartupGracePeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the nodes' heartbeats are looked at.</summary>
    public TimeSpan NodeMonitorPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many ended pods are kept before the oldest are deleted; 0 for all.</summary>
    public int TerminatedPodGcThreshold { get; init; } = 12500;

    /// <summary>How often HorizontalPodAutoscalers are computed.</summary>
    public TimeSpan HorizontalPodAutoscalerSyncPeriod { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a lower recommendation must last before it is followed.</summary>
    public TimeSpan HorizontalPodAutoscalerDownscaleStabilization { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Folder in which the host-path provisioner makes volumes; "" to leave the provisioner out.</summary>
    public string HostPathProvisionerRoot { get; init; } = "";

    /// <summary>Names of controllers that are not run (upstream's names, such as <c>ttl-after-finished-controller</c>).</summary>
    public IReadOnlySet<string> Disabled { get; init; } = new HashSet<string>();
}
