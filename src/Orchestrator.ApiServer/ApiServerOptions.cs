using System.Net;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Audit;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Reloading;

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

    /// <summary>PEM of CAs whose client certificates are known besides those of the cluster's CA; null for none.</summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>Proxies whose word is taken for who makes a request. Default: those with the cluster's own certificate.</summary>
    public RequestHeaderOptions RequestHeaders { get; init; } = new();

    /// <summary>etcd's endpoints; empty for the embedded store.</summary>
    public IReadOnlyList<string> EtcdEndpoints { get; init; } = [];

    /// <summary>How long superseded revisions are kept. Default 1 hour.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether requests wait for each other by flow schemas and priority levels. Default true.</summary>
    public bool PriorityAndFairness { get; init; } = true;

    /// <summary>Whether the server answers for metrics.k8s.io by asking the nodes. Default false.</summary>
    public bool ResourceMetrics { get; init; }

    /// <summary>With <see cref="MutatingRequestsInflightMax"/> the seats that priority levels share. Default 400. More lets more requests run at once, and costs memory.</summary>
    public int RequestsInflightMax { get; init; } = 400;

    /// <summary>Default 200.</summary>
    public int MutatingRequestsInflightMax { get; init; } = 200;

    /// <summary>How long a request may take that does not last as long as its client wants, as a watch does; clients can only ask for less. Default 1 minute.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>OpenID Connect providers whose users may come in. Default: none.</summary>
    public IReadOnlyList<OidcOptions> Oidc { get; init; } = [];

    /// <summary>Who may come without credentials. Default: anybody, everywhere, to be refused by authorization.</summary>
    public AnonymousOptions Anonymous { get; init; } = new();

    /// <summary>The AuthenticationConfiguration that named the providers and is followed from then on; null for none.</summary>
    public ConfigurationSource? AuthenticationConfigFile { get; init; }

    /// <summary>A server that knows tokens; null for none.</summary>
    public WebhookTokenOptions? TokenWebhook { get; init; }

    /// <summary>Who decides whether requests may be made. Default: the Node authorizer and RBAC.</summary>
    public AuthorizationOptions Authorization { get; init; } = new();

    /// <summary>Which admission plugins are on. Default: upstream's.</summary>
    public AdmissionChoice Admission { get; init; } = new();

    /// <summary>An EncryptionConfiguration; null to encrypt Secrets under a key of the data directory (with the embedded store).</summary>
    public string? EncryptionConfigFile { get; init; }

    /// <summary>What is audited. Default: nothing.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>How long Events are kept after they last happened. Default 1 hour.</summary>
    public TimeSpan EventTimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The operator's settings by name, shown at /flagz and /configz. Must hold no secrets.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    /// <summary>The other components that run in this process, by the names of their component statuses: <c>controller-manager</c>, <c>scheduler</c>.</summary>
    public IReadOnlySet<string> LocalComponents { get; init; } = new HashSet<string>();

    /// <summary>The seed of everything random that need not be secret: names, addresses, time limits.</summary>
    public int Seed { get; init; } = Environment.TickCount;
}
