using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Requests and limits of a whole pod, from those of its containers and from each other.</summary>
internal static class PodLevelResources
{
    private const string HugePages = "hugepages-";

    /// <summary>Whether a resource can be asked for by a pod as a whole.</summary>
    public static bool IsSupported(string resource) => resource is "cpu" or "memory" || resource.StartsWith(HugePages, StringComparison.Ordinal);

    public static void Default(PodSpec spec)
    {
        if (spec.Resources is not { } resources || (resources.Limits.Count == 0 && resources.Requests.Count == 0))
        {
            return;
        }

        // 1. Huge pages have one number for both: the sum over the containers.
        var totals = ContainerTotals(spec, static c => c.Resources.Limits);
        foreach (var (name, total) in totals)
        {
            if (name.StartsWith(HugePages, StringComparison.Ordinal) && !resources.Limits.ContainsKey(name) && !resources.Requests.ContainsKey(name))
            {
                resources.OwnMap<Quantity>(ResourceRequirements.Fields.Limits).SetSlot(name, total);
            }
        }

        // 2. Requests: what the containers ask for together, else the limit.
        if (resources.Limits.Count == 0)
        {
            return;
        }

        foreach (var (name, total) in ContainerTotals(spec, static c => c.Resources.Requests))
        {
            if (name is "cpu" or "memory" && !resources.Requests.ContainsKey(name))
            {
                resources.OwnMap<Quantity>(ResourceRequirements.Fields.Requests).SetSlot(name, total);
            }
        }

        foreach (var (name, limit) in resources.Limits)
        {
            if (IsSupported(name) && !resources.Requests.ContainsKey(name))
            {
                resources.OwnMap<Quantity>(ResourceRequirements.Fields.Requests).SetSlot(name, limit);
            }
        }
    }

    /// <summary>The larger of all containers together and any init container, where sidecars started before count along.</summary>
    public static ApiMap<Quantity> ContainerTotals(PodSpec spec, Func<Container, ApiMap<Quantity>> amounts)
    {
        var total = new ApiMap<Quantity>();
        foreach (var container in spec.Containers)
        {
            Add(total, amounts(container));
        }

        var sidecars = new ApiMap<Quantity>();
        var peak = new ApiMap<Quantity>();
        foreach (var container in spec.InitContainers)
        {
            var own = amounts(container);
            if (container.RestartPolicy == "Always")
            {
                Add(total, own);
                Add(sidecars, own);
                Raise(peak, sidecars);
            }
            else
            {
                var together = sidecars.Copy();
                Add(together, own);
                Raise(peak, together);
            }
        }

        Raise(total, peak);
        return total;
    }

    private static void Add(ApiMap<Quantity> total, ApiMap<Quantity> more)
    {
        foreach (var (name, amount) in more)
        {
            total.SetSlot(name, total.TryGetValue(name, out var sum) ? sum + amount : amount);
        }
    }

    private static void Raise(ApiMap<Quantity> total, ApiMap<Quantity> floor)
    {
        foreach (var (name, amount) in floor)
        {
            if (!total.TryGetValue(name, out var present) || present < amount)
            {
                total.SetSlot(name, amount);
            }
        }
    }
}
