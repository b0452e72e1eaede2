using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Pods;

/// <summary>What a pod asks of a node: CPU in thousandths, the rest in bytes or pieces.</summary>
internal sealed class PodRequest
{
    // What a container without a request is taken to use when nodes are compared, so that such pods spread too.
    private const long UnnamedCpu = 100;
    private const long UnnamedMemory = 200 * 1024 * 1024;

    public required long Cpu { get; init; }

    public required long Memory { get; init; }

    public required long EphemeralStorage { get; init; }

    /// <summary>For comparing nodes: with a default for every container that names none.</summary>
    public required long ScoredCpu { get; init; }

    public required long ScoredMemory { get; init; }

    /// <summary>Other resources, by column.</summary>
    public required (int Column, long Amount)[] Extended { get; init; }

    public bool IsNothing => Cpu == 0 && Memory == 0 && EphemeralStorage == 0 && Extended.Length == 0;

    /// <summary>The largest sum of what runs at once: sidecars stay, other init containers run one after the other before the containers.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="withStatus">Also count what a container that is being resized still has (for pods on nodes).</param>
    /// <param name="names">Numbers of extended resources.</param>
    public static PodRequest Of(Pod pod, bool withStatus, ResourceNames names)
    {
        var exact = Sum(pod, withStatus, unnamed: false);
        var scored = Sum(pod, withStatus, unnamed: true);
        return new()
        {
            Cpu = exact.GetValueOrDefault(ResourceNames.Cpu),
            Memory = exact.GetValueOrDefault(ResourceNames.Memory),
            EphemeralStorage = exact.GetValueOrDefault(ResourceNames.EphemeralStorage),
            ScoredCpu = scored.GetValueOrDefault(ResourceNames.Cpu),
            ScoredMemory = scored.GetValueOrDefault(ResourceNames.Memory),
            Extended = [.. exact.Where(static e => e.Value > 0 && ResourceNames.IsScalar(e.Key))
                .OrderBy(static e => e.Key, StringComparer.Ordinal)
                .Select(e => (names.ColumnOf(e.Key), e.Value))],
        };
    }

    public static long Amount(string resource, Quantity quantity) => resource == ResourceNames.Cpu ? quantity.MilliValue : quantity.Value;

    /// <summary>Whether a node's view of a container's resources differs from the specification, as while it is resized.</summary>
    public static bool IsBeingResized(Pod pod)
    {
        foreach (var status in pod.Status.ContainerStatuses)
        {
            if (status.Resources is { } actual && Find(pod.Spec.Containers, status.Name) is { } container && !actual.Requests.Equals(container.Resources.Requests))
            {
                return true;
            }
        }

        return false;
    }

    private static Dictionary<string, long> Sum(Pod pod, bool withStatus, bool unnamed)
    {
        var spec = pod.Spec;
        var total = new Dictionary<string, long>();
        foreach (var container in spec.Containers)
        {
            Add(total, RequestOf(pod, container, withStatus, unnamed));
        }

        var sidecars = new Dictionary<string, long>();
        var initial = new Dictionary<string, long>();
        foreach (var container in spec.InitContainers)
        {
            var request = RequestOf(pod, container, withStatus: false, unnamed);
            if (container.RestartPolicy == "Always")
            {
                Add(total, request);
                Add(sidecars, request);
                Max(initial, sidecars);
            }
            else
            {
                Add(request, sidecars);
                Max(initial, request);
            }
        }

        Max(total, initial);

        // Resources of the whole pod replace the sum of its containers.
        foreach (var (name, quantity) in spec.Resources?.Requests ?? ApiMap<Quantity>.Empty)
        {
            total[name] = Amount(name, quantity);
        }

        foreach (var (name, quantity) in spec.Overhead)
        {
            total[name] = total.GetValueOrDefault(name) + Amount(name, quantity);
        }

        return total;
    }

    private static Dictionary<string, long> RequestOf(Pod pod, Container container, bool withStatus, bool unnamed)
    {
        var request = new Dictionary<string, long>();
        if (unnamed)
        {
            request[ResourceNames.Cpu] = UnnamedCpu;
            request[ResourceNames.Memory] = UnnamedMemory;
        }

        foreach (var (name, quantity) in container.Resources.Requests)
        {
            request[name] = Amount(name, quantity);
        }

        if (withStatus)
        {
            foreach (var status in pod.Status.ContainerStatuses)
            {
                if (status.Name == container.Name && status.Resources is { } actual)
                {
                    foreach (var (name, quantity) in actual.Requests)
                    {
                        request[name] = Math.Max(request.GetValueOrDefault(name), Amount(name, quantity));
                    }
                }
            }
        }

        return request;
    }

    private static Container? Find(ApiList<Container> containers, string name)
    {
        foreach (var container in containers)
        {
            if (container.Name == name)
            {
                return container;
            }
        }

        return null;
    }

    private static void Add(Dictionary<string, long> sum, Dictionary<string, long> other)
    {
        foreach (var (name, amount) in other)
        {
            sum[name] = sum.GetValueOrDefault(name) + amount;
        }
    }

    private static void Max(Dictionary<string, long> most, Dictionary<string, long> other)
    {
        foreach (var (name, amount) in other)
        {
            most[name] = Math.Max(most.GetValueOrDefault(name), amount);
        }
    }
}
