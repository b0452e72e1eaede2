using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Quotas;

/// <summary>What a pod asks for in all: its containers, or its init containers where one of those is larger, and its overhead. Pure.</summary>
internal static class PodAmounts
{
    public static Dictionary<string, Quantity> Requests(Pod pod) => Total(pod, static r => r.Requests);

    public static Dictionary<string, Quantity> Limits(Pod pod) => Total(pod, static r => r.Limits);

    /// <summary>Whether two states of a pod ask for the same.</summary>
    public static bool Same(Pod left, Pod right) => Same(Requests(left), Requests(right)) && Same(Limits(left), Limits(right));

    private static bool Same(Dictionary<string, Quantity> left, Dictionary<string, Quantity> right) =>
        left.Count == right.Count && left.All(l => right.TryGetValue(l.Key, out var other) && other.CompareTo(l.Value) == 0);

    private static Dictionary<string, Quantity> Total(Pod pod, Func<ResourceRequirements, ApiMap<Quantity>> part)
    {
        var total = new Dictionary<string, Quantity>();
        foreach (var container in pod.Spec.Containers)
        {
            Add(total, part(container.Resources ?? ResourceRequirements.Empty));
        }

        // Init containers run one after the other beside those sidecars that started before them.
        var sidecars = new Dictionary<string, Quantity>();
        var peak = new Dictionary<string, Quantity>();
        foreach (var container in pod.Spec.InitContainers)
        {
            var own = part(container.Resources ?? ResourceRequirements.Empty);
            if (container.RestartPolicy == "Always")
            {
                Add(total, own);
                Add(sidecars, own);
                Raise(peak, sidecars);
            }
            else
            {
                var together = new Dictionary<string, Quantity>(sidecars);
                Add(together, own);
                Raise(peak, together);
            }
        }

        Raise(total, peak);
        if (pod.Spec.Resources is { } whole)
        {
            foreach (var (name, amount) in part(whole))
            {
                total[name] = amount;
            }
        }

        Add(total, pod.Spec.Overhead);
        return total;
    }

    private static void Add(Dictionary<string, Quantity> total, IEnumerable<KeyValuePair<string, Quantity>> amounts)
    {
        foreach (var (name, amount) in amounts)
        {
            total[name] = total.TryGetValue(name, out var before) ? before + amount : amount;
        }
    }

    private static void Raise(Dictionary<string, Quantity> total, Dictionary<string, Quantity> floor)
    {
        foreach (var (name, amount) in floor)
        {
            if (!total.TryGetValue(name, out var before) || before < amount)
            {
                total[name] = amount;
            }
        }
    }
}
