using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Pods;

/// <summary>
/// The parts of a pod on which its placement depends, apart from its priority and its volumes. The pods
/// of one ReplicaSet or Job are equal in them.
/// </summary>
internal sealed class PodShapeKey : IEquatable<PodShapeKey>
{
    private readonly string _namespace;
    private readonly ApiMap<string> _labels;
    private readonly PodSpec _spec;
    private readonly string _owner;
    private readonly int _hash;

    public PodShapeKey(Pod pod)
    {
        _namespace = pod.Metadata.Namespace;
        _labels = pod.Metadata.Labels;
        _spec = pod.Spec;
        _owner = ControllerOf(pod)?.Uid ?? "";

        // Few parts tell most shapes apart; Equals looks at all of them.
        Features = FeatureNeeds.Of(_spec);
        NeedsHash = HashNeeds(_spec);
        var hash = default(HashCode);
        hash.Add(NeedsHash);
        hash.Add(_namespace, StringComparer.Ordinal);
        hash.Add(_owner, StringComparer.Ordinal);
        foreach (var (name, value) in _labels)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    public string Namespace => _namespace;

    public ApiMap<string> Labels => _labels;

    /// <summary>What nodes must declare.</summary>
    public string[] Features { get; }

    /// <summary>The hash for <see cref="HasSameNeeds"/>.</summary>
    public int NeedsHash { get; }

    public static OwnerReference? ControllerOf(ApiObject obj)
    {
        foreach (var owner in obj.Metadata.OwnerReferences)
        {
            if (owner.Controller == true)
            {
                return owner;
            }
        }

        return null;
    }

    public bool Equals(PodShapeKey? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        return other is not null
            && _hash == other._hash
            && _namespace == other._namespace
            && _owner == other._owner
            && _labels.Equals(other._labels)
            && HasSameNeeds(other)
            && Equals(_spec.Affinity, other._spec.Affinity)
            && _spec.TopologySpreadConstraints.Equals(other._spec.TopologySpreadConstraints);
    }

    /// <summary>Whether both ask the same of a node by itself. Other pods, and so labels, do not matter for that.</summary>
    public bool HasSameNeeds(PodShapeKey other) =>
        NeedsHash == other.NeedsHash
        && SameContainers(_spec.Containers, other._spec.Containers)
        && SameContainers(_spec.InitContainers, other._spec.InitContainers)
        && _spec.NodeSelector.Equals(other._spec.NodeSelector)
        && Equals(_spec.Affinity?.NodeAffinity, other._spec.Affinity?.NodeAffinity)
        && _spec.Tolerations.Equals(other._spec.Tolerations)
        && _spec.Overhead.Equals(other._spec.Overhead)
        && Features.AsSpan().SequenceEqual(other.Features)
        && Equals(_spec.Resources, other._spec.Resources);

    public override bool Equals(object? obj) => Equals(obj as PodShapeKey);

    public override int GetHashCode() => _hash;

    private static int HashNeeds(PodSpec spec)
    {
        var hash = default(HashCode);
        foreach (var container in spec.Containers)
        {
            hash.Add(container.Image, StringComparer.Ordinal);
            foreach (var (_, quantity) in container.Resources.Requests)
            {
                hash.Add(quantity.Nanos);
            }
        }

        foreach (var (_, value) in spec.NodeSelector)
        {
            hash.Add(value, StringComparer.Ordinal);
        }

        // DaemonSet pods differ only in the node that their affinity names.
        if (spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required)
        {
            hash.Add(required);
        }

        return hash.ToHashCode();
    }

    private static bool SameContainers(ApiList<Container> left, ApiList<Container> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (left[i].Image != right[i].Image
                || left[i].RestartPolicy != right[i].RestartPolicy
                || !left[i].Resources.Requests.Equals(right[i].Resources.Requests)
                || !left[i].Ports.Equals(right[i].Ports))
            {
                return false;
            }
        }

        return true;
    }
}
