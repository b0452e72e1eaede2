using System.Globalization;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers;

/// <summary>Which pods of a set go first when it shrinks: those that are least useful.</summary>
/// <remarks>Not on a node, pending, not ready, cheap by annotation, crowded on a node, ready or made lately (by powers of two, then by UID), often restarted.</remarks>
internal sealed class PodDeletionOrder(IReadOnlyDictionary<string, int> podsPerNode, DateTimeOffset now) : IComparer<Pod>
{
    public const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    public int Compare(Pod? x, Pod? y)
    {
        if (ReferenceEquals(x, y) || x is null || y is null)
        {
            return 0;
        }

        var order = (x.Spec.NodeName.Length > 0).CompareTo(y.Spec.NodeName.Length > 0);
        if (order != 0)
        {
            return order;
        }

        order = PhaseRank(x).CompareTo(PhaseRank(y));
        if (order != 0)
        {
            return order;
        }

        var (xReady, yReady) = (x.IsReady, y.IsReady);
        if (xReady != yReady)
        {
            return xReady ? 1 : -1;
        }

        order = Cost(x).CompareTo(Cost(y));
        if (order != 0)
        {
            return order;
        }

        order = Crowd(y).CompareTo(Crowd(x));
        if (order != 0)
        {
            return order;
        }

        if (xReady && ReadySince(x) is var xSince && ReadySince(y) is var ySince && xSince != ySince)
        {
            return CompareAge(xSince, ySince, x, y);
        }

        order = y.MaxContainerRestarts.CompareTo(x.MaxContainerRestarts);
        if (order != 0)
        {
            return order;
        }

        return x.Metadata.CreationTimestamp != y.Metadata.CreationTimestamp
            ? CompareAge(x.Metadata.CreationTimestamp, y.Metadata.CreationTimestamp, x, y)
            : 0;
    }

    private static int PhaseRank(Pod pod) => pod.Status.Phase switch
    {
        "Pending" => 0,
        "Unknown" => 1,
        "Running" => 2,
        _ => 0,
    };

    private static int Cost(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(CostAnnotation, out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var cost)
            ? cost
            : 0;

    private static DateTimeOffset? ReadySince(Pod pod) => pod.FindCondition("Ready")?.LastTransitionTime;

    private int Crowd(Pod pod) => podsPerNode.GetValueOrDefault(pod.Spec.NodeName);

    /// <summary>The younger first; ages within the same power of two are equal, so that a rollout's pods do not go strictly in order.</summary>
    private int CompareAge(DateTimeOffset? xTime, DateTimeOffset? yTime, Pod x, Pod y)
    {
        if (xTime is null || yTime is null)
        {
            return xTime is null ? -1 : 1;
        }

        var order = AgeRank(xTime.Value).CompareTo(AgeRank(yTime.Value));
        return order != 0 ? order : string.CompareOrdinal(x.Metadata.Uid, y.Metadata.Uid);
    }

    private long AgeRank(DateTimeOffset time)
    {
        var age = (now - time).Ticks;
        return age > 0 ? (long)Math.Log2(age * 100.0) : -1;
    }
}
