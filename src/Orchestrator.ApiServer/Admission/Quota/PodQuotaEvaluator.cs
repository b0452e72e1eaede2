using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>Pods: their number, and what they request and are limited to, while they are not over.</summary>
internal sealed class PodQuotaEvaluator : QuotaEvaluator
{
    private const string Requests = "requests.";
    private const string Limits = "limits.";

    public PodQuotaEvaluator()
        : base("", "pods")
    {
    }

    public override bool Handles(AdmissionOperation operation, string subresource) =>
        base.Handles(operation, subresource) || (operation == AdmissionOperation.Update && subresource == "resize");

    public override bool Counts(string name) => base.Counts(name)
        || name is "cpu" or "memory" or "ephemeral-storage" or "requests.cpu" or "requests.memory" or "requests.ephemeral-storage"
            or "limits.cpu" or "limits.memory" or "limits.ephemeral-storage"
        || name.StartsWith("hugepages-", StringComparison.Ordinal) || name.StartsWith("requests.hugepages-", StringComparison.Ordinal)
        || (name.StartsWith(Requests, StringComparison.Ordinal) && IsExtended(name.AsSpan(Requests.Length)));

    public override ApiMap<Quantity> Usage(ApiObject obj)
    {
        var pod = (Pod)obj;
        if (pod.Status.Phase is "Succeeded" or "Failed")
        {
            return ApiMap<Quantity>.Empty.With("count/pods", One);
        }

        return AddAmounts(base.Usage(obj), PodAmounts.Requests(pod.Spec), PodAmounts.Limits(pod.Spec));
    }

    /// <summary>A quota on cpu or memory makes every container name its share.</summary>
    public override string? MissingConstraints(IEnumerable<string> names, ApiObject obj)
    {
        var pod = (Pod)obj;
        var required = names.Where(static n => n is "cpu" or "memory" or "requests.cpu" or "requests.memory" or "limits.cpu" or "limits.memory").Order(StringComparer.Ordinal).ToArray();
        if (required.Length == 0)
        {
            return null;
        }

        var whole = pod.Spec.Resources is { } resources ? AddAmounts(ApiMap<Quantity>.Empty, resources.Requests, resources.Limits) : ApiMap<Quantity>.Empty;
        var containers = pod.Spec.Containers.Concat(pod.Spec.InitContainers)
            .Select(static c => (c.Name, Amounts: AddAmounts(ApiMap<Quantity>.Empty, c.Resources.Requests, c.Resources.Limits)))
            .ToArray();
        var missing = new List<string>();
        foreach (var name in required)
        {
            var silent = containers.Where(c => !c.Amounts.ContainsKey(name)).Select(static c => c.Name).Distinct().Order(StringComparer.Ordinal).ToArray();
            if (silent.Length > 0 && !whole.ContainsKey(name))
            {
                missing.Add($"{name} for: {string.Join(',', silent)}");
            }
        }

        return missing.Count == 0 ? null : "must specify " + string.Join("; ", missing);
    }

    public override bool Matches(ScopedResourceSelectorRequirement scope, ApiObject obj)
    {
        var pod = (Pod)obj;
        return scope.ScopeName switch
        {
            "Terminating" => pod.Spec.ActiveDeadlineSeconds is >= 0,
            "NotTerminating" => pod.Spec.ActiveDeadlineSeconds is not >= 0,
            "BestEffort" => IsBestEffort(pod.Spec),
            "NotBestEffort" => !IsBestEffort(pod.Spec),
            "PriorityClass" => MatchesName(scope, pod.Spec.PriorityClassName),
            "CrossNamespacePodAffinity" => UsesOtherNamespaces(pod.Spec.Affinity),
            _ => false,
        };
    }

    private static ApiMap<Quantity> AddAmounts(ApiMap<Quantity> usage, ApiMap<Quantity> requests, ApiMap<Quantity> limits)
    {
        foreach (var (name, amount) in requests)
        {
            if (name is "cpu" or "memory" or "ephemeral-storage" || name.StartsWith("hugepages-", StringComparison.Ordinal))
            {
                usage = usage.With(name, amount).With(Requests + name, amount);
            }
            else if (IsExtended(name))
            {
                usage = usage.With(Requests + name, amount);
            }
        }

        foreach (var (name, amount) in limits)
        {
            if (name is "cpu" or "memory" or "ephemeral-storage")
            {
                usage = usage.With(Limits + name, amount);
            }
        }

        return usage;
    }

    /// <summary>A resource of somebody's domain, not Kubernetes' own.</summary>
    private static bool IsExtended(ReadOnlySpan<char> name) => name.Contains('/') && !name.StartsWith("kubernetes.io/") && !name.Contains(".kubernetes.io/", StringComparison.Ordinal)
        && !name.StartsWith(Requests);

    private static bool IsBestEffort(PodSpec spec) =>
        !Names(spec.Resources) && !spec.Containers.Any(static c => Names(c.Resources)) && !spec.InitContainers.Any(static c => Names(c.Resources));

    private static bool Names(ResourceRequirements? resources) => resources is not null && (NamesAny(resources.Requests) || NamesAny(resources.Limits));

    private static bool NamesAny(ApiMap<Quantity> amounts) => amounts.Any(static a => a.Key is "cpu" or "memory" && a.Value.Sign > 0);

    private static bool UsesOtherNamespaces(Affinity? affinity) =>
        Terms(affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution)
            .Concat(Terms(affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution))
            .Any(static t => t.Namespaces.Count > 0 || t.NamespaceSelector is not null);

    private static IEnumerable<PodAffinityTerm> Terms(ApiList<PodAffinityTerm>? required, ApiList<WeightedPodAffinityTerm>? preferred) =>
        (required ?? []).Concat((preferred ?? []).Select(static p => p.PodAffinityTerm));
}
