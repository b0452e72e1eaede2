using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;

namespace Orchestrator.Controllers.Deployments;

/// <summary>The arithmetic of rollouts: how many replicas each ReplicaSet of a Deployment may have. Pure functions.</summary>
internal static class RolloutMath
{
    public static bool IsRolling(Deployment deployment) => deployment.Spec.Strategy.Type is "RollingUpdate" or "";

    public static int Replicas(ReplicaSet set) => set.Spec.Replicas ?? 1;

    public static int Replicas(Deployment deployment) => deployment.Spec.Replicas ?? 1;

    /// <summary>
    /// The available pods that are sure to stay. The status counts pods that are on their way out, and not only until it has observed the
    /// last resize: a ReplicaSet writes what it saw before it deleted.
    /// </summary>
    public static int Available(ReplicaSet set) => Math.Min(set.Status.AvailableReplicas, Replicas(set));

    public static int TotalReplicas(IEnumerable<ReplicaSet> sets) => sets.Sum(Replicas);

    /// <summary>How many pods more than desired a rolling update may have, and how many fewer available; never both 0.</summary>
    public static (int Surge, int Unavailable) Fenceposts(Deployment deployment)
    {
        var replicas = Replicas(deployment);
        var rolling = deployment.Spec.Strategy.RollingUpdate;
        var surge = Scale(rolling?.MaxSurge, replicas, roundUp: true);
        var unavailable = Scale(rolling?.MaxUnavailable, replicas, roundUp: false);
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
    }

    public static int MaxSurge(Deployment deployment) => IsRolling(deployment) ? Fenceposts(deployment).Surge : 0;

    public static int MaxUnavailable(Deployment deployment) =>
        !IsRolling(deployment) || Replicas(deployment) == 0 ? 0 : Math.Min(Fenceposts(deployment).Unavailable, Replicas(deployment));

    /// <summary>The size that the newest ReplicaSet may have now.</summary>
    /// <param name="deployment">The Deployment.</param>
    /// <param name="all">All its ReplicaSets, the newest among them if it exists.</param>
    /// <param name="newest">The newest one's size.</param>
    public static int NewestSize(Deployment deployment, IEnumerable<ReplicaSet> all, int newest)
    {
        var desired = Replicas(deployment);
        if (!IsRolling(deployment))
        {
            return desired;
        }

        var total = TotalReplicas(all);
        var allowed = desired + MaxSurge(deployment);
        return total >= allowed ? newest : newest + Math.Min(allowed - total, desired - newest);
    }

    /// <summary>
    /// The sizes of several active ReplicaSets after the Deployment was resized in mid-rollout: each changes in proportion, and what
    /// rounding leaves over goes to the first (the largest; among equals the newer when growing, the older when shrinking).
    /// </summary>
    public static List<(ReplicaSet Set, int Size)> Proportional(Deployment deployment, List<ReplicaSet> active)
    {
        var desired = Replicas(deployment);
        var allowed = desired > 0 ? desired + MaxSurge(deployment) : 0;
        var toAdd = allowed - TotalReplicas(active);
        var grow = toAdd > 0;
        var sets = active.ToList();
        sets.Sort((x, y) => Replicas(y).CompareTo(Replicas(x)) is var bySize and not 0 ? bySize : CompareCreation(x, y) * (grow ? -1 : 1));

        var sizes = new List<(ReplicaSet, int)>(sets.Count);
        var added = 0;
        foreach (var set in sets)
        {
            var share = toAdd == 0 ? 0 : Share(deployment, set, toAdd, added);
            added += share;
            sizes.Add((set, Replicas(set) + share));
        }

        if (toAdd != 0 && sizes.Count > 0)
        {
            sizes[0] = (sizes[0].Item1, Math.Max(0, sizes[0].Item2 + toAdd - added));
        }

        return sizes;
    }

    /// <summary>By creation time, then by name.</summary>
    public static int CompareCreation(ReplicaSet x, ReplicaSet y) =>
        Nullable.Compare(x.Metadata.CreationTimestamp, y.Metadata.CreationTimestamp) is var byTime and not 0
            ? byTime
            : string.CompareOrdinal(x.Metadata.Name, y.Metadata.Name);

    private static int Share(Deployment deployment, ReplicaSet set, int toAdd, int added)
    {
        if (Replicas(set) == 0 || toAdd == added)
        {
            return 0;
        }

        var fraction = Fraction(deployment, set);
        var left = toAdd - added;
        return toAdd > 0 ? Math.Min(fraction, left) : Math.Max(fraction, left);
    }

    private static int Fraction(Deployment deployment, ReplicaSet set)
    {
        if (Replicas(deployment) == 0)
        {
            return -Replicas(set);
        }

        var maxNow = Replicas(deployment) + MaxSurge(deployment);
        var maxBefore = DeploymentAnnotations.Number(set, DeploymentAnnotations.MaxReplicas) ?? 0;
        if (maxBefore == 0)
        {
            // The annotation is missing; the last known size is the next best base.
            maxBefore = deployment.Status.Replicas;
            if (maxBefore == 0)
            {
                return 0;
            }
        }

        var size = (double)Replicas(set) * maxNow / maxBefore;
        return (int)Math.Round(size, MidpointRounding.AwayFromZero) - Replicas(set);
    }

    private static int Scale(IntOrString? value, int replicas, bool roundUp) => value?.Scale(replicas, roundUp) ?? 0;
}
