using System.Collections.Frozen;
using Orchestrator.Api;
using Orchestrator.Api.FlowControl.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Defaults;

namespace Orchestrator.ApiServer.FlowControl;

/// <summary>
/// The priority levels and flow schemas that a cluster has from its start. The mandatory ones cannot be changed in what matters; the suggested ones
/// follow the server's release until somebody takes their annotation away.
/// </summary>
internal static class FlowControlObjects
{
    /// <summary>Says, by the value "true", that the server may bring an object up to date.</summary>
    public const string AutoUpdateAnnotation = "apf.kubernetes.io/autoupdate-spec";

    /// <summary>Who writes these objects.</summary>
    public const string FieldManager = "api-priority-and-fairness-config-producer-v1";

    private const string ByUser = "ByUser";
    private const string ByNamespace = "ByNamespace";
    private const int QueueLength = 50;

    public static FrozenDictionary<string, PriorityLevelConfiguration> MandatoryLevels { get; } = new[]
    {
        Defaulted(Level("exempt", new PriorityLevelConfigurationSpec { Type = "Exempt", Exempt = new ExemptPriorityLevelConfiguration() })),
        Defaulted(Level("catch-all", Limited(shares: 5, lendablePercent: 0, queues: 0, handSize: 0))),
    }.ToFrozenDictionary(static l => l.Metadata.Name);

    public static FrozenDictionary<string, FlowSchema> MandatorySchemas { get; } = new[]
    {
        Schema("exempt", "exempt", 1, null, new PolicyRulesWithSubjects { Subjects = Groups("system:masters"), ResourceRules = [EveryResource], NonResourceRules = [EveryUrl] }),
        Schema("catch-all", "catch-all", 10000, ByUser, Everything(Everybody)),
    }.ToFrozenDictionary(static s => s.Metadata.Name);

    /// <summary>All of them, mandatory ones first, levels before the schemas that name them.</summary>
    public static IEnumerable<ApiObject> All() =>
    [
        .. MandatoryLevels.Values, .. MandatorySchemas.Values,
        Level("system", Limited(shares: 30, lendablePercent: 33, queues: 64, handSize: 6)),
        Level("node-high", Limited(shares: 40, lendablePercent: 25, queues: 64, handSize: 6)),
        Level("leader-election", Limited(shares: 10, lendablePercent: 0, queues: 16, handSize: 4)),
        Level("workload-high", Limited(shares: 40, lendablePercent: 50, queues: 128, handSize: 6)),
        Level("workload-low", Limited(shares: 100, lendablePercent: 90, queues: 128, handSize: 6)),
        Level("global-default", Limited(shares: 20, lendablePercent: 50, queues: 128, handSize: 6)),
        Schema("system-nodes", "system", 500, ByUser, Everything(Groups("system:nodes"))),
        Schema("system-node-high", "node-high", 400, ByUser, new PolicyRulesWithSubjects
        {
            Subjects = Groups("system:nodes"),
            ResourceRules =
            [
                new ResourcePolicyRule { Verbs = ["*"], ApiGroups = [""], Resources = ["nodes", "nodes/status"], Namespaces = ["*"], ClusterScope = true },
                new ResourcePolicyRule { Verbs = ["*"], ApiGroups = ["coordination.k8s.io"], Resources = ["leases"], Namespaces = ["*"] },
            ],
        }),
        Schema("probes", "exempt", 2, null, new PolicyRulesWithSubjects
        {
            Subjects = Everybody,
            NonResourceRules = [new NonResourcePolicyRule { Verbs = ["get"], NonResourceURLs = ["/healthz", "/readyz", "/livez"] }],
        }),
        Schema("system-leader-election", "leader-election", 100, ByUser, new PolicyRulesWithSubjects
        {
            Subjects = [.. Users("system:kube-controller-manager", "system:kube-scheduler"), SystemAccounts],
            ResourceRules = [new ResourcePolicyRule { Verbs = ["get", "create", "update"], ApiGroups = ["coordination.k8s.io"], Resources = ["leases"], Namespaces = ["*"] }],
        }),
        Schema("kube-controller-manager", "workload-high", 800, ByNamespace, Everything(Users("system:kube-controller-manager"))),
        Schema("kube-scheduler", "workload-high", 800, ByNamespace, Everything(Users("system:kube-scheduler"))),
        Schema("kube-system-service-accounts", "workload-high", 900, ByNamespace, Everything([SystemAccounts])),
        Schema("service-accounts", "workload-low", 9000, ByUser, Everything(Groups("system:serviceaccounts"))),
        Schema("global-default", "global-default", 9900, ByUser, Everything(Everybody)),
    ];

    private static ResourcePolicyRule EveryResource => new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"], Namespaces = ["*"], ClusterScope = true };

    private static NonResourcePolicyRule EveryUrl => new() { Verbs = ["*"], NonResourceURLs = ["*"] };

    private static ApiList<Subject> Everybody => Groups("system:unauthenticated", "system:authenticated");

    private static Subject SystemAccounts => new() { Kind = "ServiceAccount", ServiceAccount = new ServiceAccountSubject { Name = "*", Namespace = "kube-system" } };

    private static ApiList<Subject> Groups(params string[] names) => names.Select(static n => new Subject { Kind = "Group", Group = new GroupSubject { Name = n } }).ToApiList();

    private static ApiList<Subject> Users(params string[] names) => names.Select(static n => new Subject { Kind = "User", User = new UserSubject { Name = n } }).ToApiList();

    private static PolicyRulesWithSubjects Everything(ApiList<Subject> subjects) =>
        new() { Subjects = subjects, ResourceRules = [EveryResource], NonResourceRules = [EveryUrl] };

    private static FlowSchema Schema(string name, string level, int precedence, string? distinguisher, PolicyRulesWithSubjects rule) => new()
    {
        Metadata = Metadata(name),
        Spec = new FlowSchemaSpec
        {
            PriorityLevelConfiguration = new PriorityLevelConfigurationReference { Name = level },
            MatchingPrecedence = precedence,
            DistinguisherMethod = distinguisher is null ? null : new FlowDistinguisherMethod { Type = distinguisher },
            Rules = [rule],
        },
    };

    private static PriorityLevelConfiguration Level(string name, PriorityLevelConfigurationSpec spec) => new() { Metadata = Metadata(name), Spec = spec };

    /// <summary>A level of its own share of the server; without queues it turns away what exceeds it.</summary>
    private static PriorityLevelConfigurationSpec Limited(int shares, int lendablePercent, int queues, int handSize) => new()
    {
        Type = "Limited",
        Limited = new LimitedPriorityLevelConfiguration
        {
            NominalConcurrencyShares = shares,
            LendablePercent = lendablePercent,
            LimitResponse = queues == 0
                ? new LimitResponse { Type = "Reject" }
                : new LimitResponse { Type = "Queue", Queuing = new QueuingConfiguration { Queues = queues, HandSize = handSize, QueueLengthLimit = QueueLength } },
        },
    };

    private static ObjectMeta Metadata(string name) => new() { Name = name, Annotations = new Dictionary<string, string> { [AutoUpdateAnnotation] = "true" } };

    private static PriorityLevelConfiguration Defaulted(PriorityLevelConfiguration level)
    {
        FlowControlDefaults.PriorityLevel(level);
        return level;
    }
}
