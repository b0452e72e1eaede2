using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Counting;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Nodes;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Cluster;

/// <summary>What the scheduling loop knows: nodes, the pods on them, and every running count. Used by one thread at a time.</summary>
/// <remarks>
/// Pods are added and removed in time proportional to the counts that they take part in, never to the number of pods or nodes; so trying
/// something out (preemption) is done by removing and adding back.
/// </remarks>
internal sealed class ClusterState
{
    // Sets that nobody uses any more are kept up to this number, since shapes come back.
    private const int IdleSetsKept = 256;

    private readonly Dictionary<ObjectKey, PodInfo> _pods = [];
    private readonly Dictionary<PodShapeKey, PodShape> _shapes = [];
    private readonly Dictionary<PodSetKey, PodSet> _sets = [];
    private readonly Dictionary<TermGroupKey, TermGroup> _terms = [];
    private readonly Dictionary<ObjectKey, int> _claimUsers = [];

    public ClusterState()
    {
        Nodes = new(Resources);
        Nodes.Grown += Grow;
    }

    public ResourceNames Resources { get; } = new();

    public NamespaceLabels Namespaces { get; } = new();

    public NodeTable Nodes { get; }

    public IReadOnlyCollection<TermGroup> Terms => _terms.Values;

    /// <summary>Grows when a term group appears or goes.</summary>
    public long TermsVersion { get; private set; }

    /// <summary>The pods that are on nodes or assumed to be.</summary>
    public IReadOnlyDictionary<ObjectKey, PodInfo> Pods => _pods;

    /// <summary>How many pods on nodes use a claim.</summary>
    public int UsersOf(ObjectKey claim) => _claimUsers.GetValueOrDefault(claim);

    /// <summary>A pod with its shape. It counts as a user of the shape until <see cref="Release"/>.</summary>
    public PodInfo Describe(Pod pod, bool onNode)
    {
        var key = new PodShapeKey(pod);
        if (!_shapes.TryGetValue(key, out var shape))
        {
            _shapes[key] = shape = NewShape(key, pod);
        }

        shape.Pods++;
        return new()
        {
            Pod = pod,
            Shape = shape,
            Claims = PodClaims.Of(pod),
            HasExclusiveDisk = PodClaims.HasExclusiveDisk(pod),
            Request = onNode && PodRequest.IsBeingResized(pod) ? PodRequest.Of(pod, withStatus: true, Resources) : shape.Request,
        };
    }

    public void Release(PodInfo pod)
    {
        var shape = pod.Shape;
        if (--shape.Pods > 0)
        {
            return;
        }

        _shapes.Remove(shape.Key);
        shape.Evaluation?.Dispose();
        shape.Evaluation = null;
        foreach (var term in shape.OwnTerms)
        {
            if (--term.Users == 0)
            {
                term.Detach();
                _terms.Remove(term.Key);
                TermsVersion++;
            }
        }
    }

    /// <summary>Puts a pod on a node for good or until <see cref="Remove"/>.</summary>
    public void Add(PodInfo pod, int node)
    {
        _pods[pod.Key] = pod;
        Place(pod, node);
    }

    public void Remove(PodInfo pod)
    {
        _pods.Remove(pod.Key);
        var node = pod.Node;
        Displace(pod);
        Nodes.FreeIfUnused(node);
    }

    /// <summary>Counts a pod on a node without remembering it as being there: to try something out. Undone by <see cref="Displace"/>.</summary>
    public void Place(PodInfo pod, int node)
    {
        Nodes.Add(pod, node);
        Count(pod, node, 1);
    }

    public void Displace(PodInfo pod)
    {
        Count(pod, pod.Node, -1);
        Nodes.Remove(pod);
    }

    /// <summary>The counted set of a definition, made when first asked for. The caller is a user of it until <see cref="Release(PodSet)"/>.</summary>
    public PodSet Set(PodSetKey key)
    {
        if (!_sets.TryGetValue(key, out var set))
        {
            DropIdleSets();
            _sets[key] = set = new(key, Nodes.Capacity);
            Fill(set);
        }

        set.Users++;
        return set;
    }

    public static void Release(PodSet set) => set.Users--;

    public void SetNamespace(string ns, ApiMap<string>? labels)
    {
        if (labels is null)
        {
            Namespaces.Remove(ns);
        }
        else if (Namespaces.Set(ns, labels))
        {
            // Sets that select namespaces by label are counted anew.
            foreach (var set in _sets.Values)
            {
                if (set.Key.DependsOnNamespaces)
                {
                    Empty(set);
                    Fill(set);
                }
            }
        }
    }

    private PodShape NewShape(PodShapeKey key, Pod pod)
    {
        var shape = new PodShape
        {
            Key = key,
            Sample = pod,
            Request = PodRequest.Of(pod, withStatus: false, Resources),
            HostPorts = HostPort.Of(pod.Spec),
            OwnTerms = OwnTermsOf(pod),
        };
        foreach (var set in _sets.Values)
        {
            if (set.Matches(key.Namespace, key.Labels, Namespaces))
            {
                shape.Sets.Add(set);
            }
        }

        return shape;
    }

    private TermGroup[] OwnTermsOf(Pod pod)
    {
        if (pod.Spec.Affinity is not { } affinity || (affinity.PodAffinity is null && affinity.PodAntiAffinity is null))
        {
            return [];
        }

        var ns = pod.Metadata.Namespace;
        var groups = new List<TermGroup>();
        foreach (var term in affinity.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            groups.Add(Term(new(IsBarrier: true, 0, term.TopologyKey, PodMatcher.Of(term, ns))));
        }

        foreach (var term in affinity.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            groups.Add(Term(new(IsBarrier: false, -term.Weight, term.PodAffinityTerm.TopologyKey, PodMatcher.Of(term.PodAffinityTerm, ns))));
        }

        foreach (var term in affinity.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            groups.Add(Term(new(IsBarrier: false, term.Weight, term.PodAffinityTerm.TopologyKey, PodMatcher.Of(term.PodAffinityTerm, ns))));
        }

        // A running pod that requires to be near others draws them a little (upstream's hardPodAffinityWeight, 1).
        foreach (var term in affinity.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            groups.Add(Term(new(IsBarrier: false, 1, term.TopologyKey, PodMatcher.Of(term, ns))));
        }

        return [.. groups];
    }

    private TermGroup Term(TermGroupKey key)
    {
        if (!_terms.TryGetValue(key, out var group))
        {
            _terms[key] = group = new(key, Nodes.Topology(key.TopologyKey), Nodes.Capacity);
            TermsVersion++;
        }

        group.Users++;
        return group;
    }

    private void Count(PodInfo pod, int node, int delta)
    {
        foreach (var set in pod.Shape.Sets)
        {
            if (!set.SkipsTerminating || !pod.IsTerminating)
            {
                set.Add(node, delta);
            }
        }

        foreach (var term in pod.Shape.OwnTerms)
        {
            term.Add(node, delta);
        }

        foreach (var claim in pod.Claims)
        {
            var key = new ObjectKey(pod.Key.Namespace, claim);
            var users = _claimUsers.GetValueOrDefault(key) + delta;
            if (users == 0)
            {
                _claimUsers.Remove(key);
            }
            else
            {
                _claimUsers[key] = users;
            }
        }
    }

    private void Fill(PodSet set)
    {
        foreach (var shape in _shapes.Values)
        {
            if (set.Matches(shape.Key.Namespace, shape.Key.Labels, Namespaces))
            {
                shape.Sets.Add(set);
            }
        }

        for (var node = 0; node < Nodes.Count; node++)
        {
            foreach (var pod in Nodes.Pods[node])
            {
                if ((!set.SkipsTerminating || !pod.IsTerminating) && pod.Shape.Sets.Contains(set))
                {
                    set.Add(node, 1);
                }
            }
        }
    }

    private void Empty(PodSet set)
    {
        for (var node = 0; node < Nodes.Count; node++)
        {
            set.Add(node, -set.PerNode[node]);
        }

        foreach (var shape in _shapes.Values)
        {
            shape.Sets.Remove(set);
        }
    }

    private void DropIdleSets()
    {
        if (_sets.Count < IdleSetsKept)
        {
            return;
        }

        foreach (var set in _sets.Values.Where(static s => s.Users == 0).ToArray())
        {
            set.Detach();
            _sets.Remove(set.Key);
            foreach (var shape in _shapes.Values)
            {
                shape.Sets.Remove(set);
            }
        }
    }

    private void Grow(int capacity)
    {
        foreach (var set in _sets.Values)
        {
            set.Grow(capacity);
        }

        foreach (var term in _terms.Values)
        {
            term.Grow(capacity);
        }
    }
}
