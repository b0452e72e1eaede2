using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission;

/// <summary>What a pod asks for as a whole; upstream's component-helpers resource package.</summary>
internal static class PodAmounts
{
    /// <summary>Sums of requests: containers together, or what the most demanding moment of the init phase needs if that is more; overhead added.</summary>
    public static ApiMap<Quantity> Requests(PodSpec spec, bool withPodLevel = true) => Total(spec, static r => r.Requests, withPodLevel, onlyWhereSet: false);

    /// <summary>Sums of limits, in the same way.</summary>
    public static ApiMap<Quantity> Limits(PodSpec spec, bool withPodLevel = true) => Total(spec, static r => r.Limits, withPodLevel, onlyWhereSet: true);

    public static ApiMap<Quantity> Add(ApiMap<Quantity> left, ApiMap<Quantity> right)
    {
        foreach (var (name, amount) in right)
        {
            left = left.With(name, left.TryGetValue(name, out var own) ? own + amount : amount);
        }

        return left;
    }

    public static ApiMap<Quantity> Max(ApiMap<Quantity> left, ApiMap<Quantity> right)
    {
        foreach (var (name, amount) in right)
        {
            if (!left.TryGetValue(name, out var own) || own < amount)
            {
                left = left.With(name, amount);
            }
        }

        return left;
    }

    private static ApiMap<Quantity> Total(PodSpec spec, Func<ResourceRequirements, ApiMap<Quantity>> part, bool withPodLevel, bool onlyWhereSet)
    {
        var total = ApiMap<Quantity>.Empty;
        foreach (var container in spec.Containers)
        {
            total = Add(total, part(container.Resources));
        }

        // An init container runs beside the sidecars that started before it; sidecars also run beside the containers.
        var sidecars = ApiMap<Quantity>.Empty;
        var start = ApiMap<Quantity>.Empty;
        foreach (var container in spec.InitContainers)
        {
            var amounts = part(container.Resources);
            if (container.RestartPolicy == "Always")
            {
                total = Add(total, amounts);
                sidecars = Add(sidecars, amounts);
                amounts = sidecars;
            }
            else
            {
                amounts = Add(sidecars, amounts);
            }

            start = Max(start, amounts);
        }

        total = Max(total, start);
        if (withPodLevel && spec.Resources is { } whole)
        {
            foreach (var (name, amount) in part(whole))
            {
                if (name is "cpu" or "memory" || name.StartsWith("hugepages-", StringComparison.Ordinal))
                {
                    total = total.With(name, amount);
                }
            }
        }

        foreach (var (name, amount) in spec.Overhead)
        {
            if (!onlyWhereSet)
            {
                total = total.With(name, total.TryGetValue(name, out var own) ? own + amount : amount);
            }
            else if (total.TryGetValue(name, out var limit))
            {
                total = total.With(name, limit + amount);
            }
        }

        return total;
    }
}
