using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>What objects of a resource use up, and which quotas they count against. The base counts objects.</summary>
/// <remarks>Also for the controller that recounts: usage is the sum over a namespace's objects that match the quota.</remarks>
public class QuotaEvaluator
{
    private readonly string _count;
    private readonly string _legacy;

    protected QuotaEvaluator(string group, string resource)
    {
        _count = "count/" + (group.Length == 0 ? resource : resource + "." + group);
        _legacy = group.Length == 0 && resource is "configmaps" or "secrets" or "replicationcontrollers" or "resourcequotas" or "services" or "pods" or "persistentvolumeclaims"
            ? resource : "";
    }

    /// <summary>The evaluator of a resource.</summary>
    public static QuotaEvaluator For(string group, string resource) => (group, resource) switch
    {
        ("", "pods") => new PodQuotaEvaluator(),
        ("", "services") => new ServiceQuotaEvaluator(),
        ("", "persistentvolumeclaims") => new ClaimQuotaEvaluator(),
        ("resource.k8s.io", "resourceclaims") => new DeviceQuotaEvaluator(),
        _ => new QuotaEvaluator(group, resource),
    };

    /// <summary>Whether an operation can change usage.</summary>
    public virtual bool Handles(AdmissionOperation operation, string subresource) => operation == AdmissionOperation.Create && subresource.Length == 0;

    /// <summary>Whether a name in a quota is about this resource.</summary>
    public virtual bool Counts(string name) => name == _count || (name == _legacy && _legacy.Length > 0);

    /// <summary>What an object uses.</summary>
    public virtual ApiMap<Quantity> Usage(ApiObject obj)
    {
        var usage = ApiMap<Quantity>.Empty.With(_count, One);
        return _legacy.Length > 0 ? usage.With(_legacy, One) : usage;
    }

    /// <summary>What the quota's names require an object to say; null if it says all.</summary>
    public virtual string? MissingConstraints(IEnumerable<string> names, ApiObject obj) => null;

    /// <summary>Whether an object falls under a scope.</summary>
    public virtual bool Matches(ScopedResourceSelectorRequirement scope, ApiObject obj) => false;

    /// <summary>Those of a quota's scopes that an object falls under.</summary>
    public IEnumerable<ScopedResourceSelectorRequirement> MatchingScopes(ResourceQuota quota, ApiObject obj) => Scopes(quota).Where(s => Matches(s, obj));

    /// <summary>Whether an object counts against a quota: it has a name for it, and the object falls under all its scopes.</summary>
    public bool Matches(ResourceQuota quota, ApiMap<Quantity> hard, ApiObject obj) => hard.Keys.Any(Counts) && Scopes(quota).All(s => Matches(s, obj));

    private protected static Quantity One { get; } = Quantity.FromLong(1);

    private static IEnumerable<ScopedResourceSelectorRequirement> Scopes(ResourceQuota quota) =>
        quota.Spec.Scopes.Select(static s => new ScopedResourceSelectorRequirement { ScopeName = s, Operator = "Exists" })
            .Concat(quota.Spec.ScopeSelector?.MatchExpressions ?? []);

    /// <summary>Whether a name satisfies a selector by names.</summary>
    private protected static bool MatchesName(ScopedResourceSelectorRequirement scope, string name) => scope.Operator switch
    {
        "In" => name.Length > 0 && scope.Values.Contains(name),
        "NotIn" => !scope.Values.Contains(name),
        "Exists" => name.Length > 0,
        "DoesNotExist" => name.Length == 0,
        _ => false,
    };
}
