using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Nodes;

/// <summary>The taints that a node's conditions call for. Pure.</summary>
internal static class NodeTaints
{
    public const string NotReady = "node.kubernetes.io/not-ready";
    public const string Unreachable = "node.kubernetes.io/unreachable";
    public const string Unschedulable = "node.kubernetes.io/unschedulable";

    private static readonly (string Condition, string Status, string Taint)[] ByCondition =
    [
        ("Ready", "False", NotReady),
        ("Ready", "Unknown", Unreachable),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ];

    private static readonly HashSet<string> Managed = [.. ByCondition.Select(static c => c.Taint), Unschedulable];

    /// <summary>The taints with those against scheduling as conditions ask; the same list if nothing changes.</summary>
    public static ApiList<Taint> ForScheduling(Node node, DateTimeOffset now)
    {
        var wanted = new HashSet<string>();
        foreach (var (condition, status, taint) in ByCondition)
        {
            if (node.Status.Conditions.Any(c => c.Type == condition && c.Status == status))
            {
                wanted.Add(taint);
            }
        }

        if (node.Spec.Unschedulable)
        {
            wanted.Add(Unschedulable);
        }

        return Replace(node.Spec.Taints, t => t.Effect == "NoSchedule" && Managed.Contains(t.Key), wanted, "NoSchedule", now);
    }

    /// <summary>The taints with the one against running that the node's readiness asks for, or none when <paramref name="allowed"/> is false.</summary>
    public static ApiList<Taint> ForExecution(Node node, bool allowed, DateTimeOffset now)
    {
        var ready = node.Status.Conditions.FirstOrDefault(static c => c.Type == "Ready");
        HashSet<string> wanted = !allowed ? [] : ready?.Status switch
        {
            "False" => [NotReady],
            "Unknown" => [Unreachable],
            _ => [],
        };
        return Replace(node.Spec.Taints, static t => t.Effect == "NoExecute" && t.Key is NotReady or Unreachable, wanted, "NoExecute", now);
    }

    private static ApiList<Taint> Replace(ApiList<Taint> taints, Func<Taint, bool> isManaged, HashSet<string> wanted, string effect, DateTimeOffset now)
    {
        var kept = new List<Taint>();
        foreach (var taint in taints)
        {
            if (!isManaged(taint))
            {
                kept.Add(taint);
            }
            else if (wanted.Remove(taint.Key))
            {
                kept.Add(taint);
            }
        }

        if (kept.Count == taints.Count && wanted.Count == 0)
        {
            return taints;
        }

        kept.AddRange(wanted.Order(StringComparer.Ordinal).Select(key => new Taint { Key = key, Effect = effect, TimeAdded = now }));
        return kept.ToApiList();
    }
}
