using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Nodes;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>
/// For pods of equal needs and every node, what depends on that node alone: whether it takes such a pod, and the scores. Kept between pods; only
/// nodes that changed are looked at again.
/// </summary>
internal sealed class NodeEvaluation
{
    private const string UnschedulableTaint = "node.kubernetes.io/unschedulable";
    private static readonly Taint Unschedulable = new() { Key = UnschedulableTaint, Effect = "NoSchedule" };

    private readonly ClusterState _cluster;
    private readonly Verdicts _verdicts;
    private readonly NodeTable _nodes;
    private readonly TolerationSet _tolerations;
    private readonly NodeMatcher? _required;
    private readonly IReadOnlySet<string>? _names;
    private readonly PreferredNodes[] _preferred;
    private readonly bool _toleratesUnschedulable;
    private readonly ImageScore _images;
    private readonly PodRequest _request;
    private readonly HostPort[] _ports;
    private readonly string[] _features;
    private readonly List<string> _lacking = [];
    private long _position = -1;
    private long _imagesVersion = -1;

    public NodeEvaluation(PodShape shape, ClusterState cluster, Verdicts verdicts)
    {
        var spec = shape.Sample.Spec;
        (_cluster, _verdicts, _nodes) = (cluster, verdicts, cluster.Nodes);
        (_request, _ports, _features) = (shape.Request, shape.HostPorts, shape.Key.Features);
        _tolerations = new(spec.Tolerations);
        _required = NodeMatcher.Of(spec);
        _names = _required?.NamesAllowed;
        _preferred = [.. (spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            .Where(static p => p.Weight != 0)
            .Select(static p => new PreferredNodes(new(p.Preference), p.Weight))];
        _toleratesUnschedulable = _tolerations.Tolerates(Unschedulable);
        _images = new(spec);
    }

    /// <summary>Verdict codes, see <see cref="Verdicts"/>.</summary>
    public int[] Codes { get; private set; } = [];

    /// <summary>The sum of the scores that need no comparison among nodes: resources and images.</summary>
    public int[] Scores { get; private set; } = [];

    /// <summary>The discouraging taints that are not tolerated.</summary>
    public int[] Taints { get; private set; } = [];

    /// <summary>The weights of the preferred node affinity terms that match.</summary>
    public int[] Preferences { get; private set; } = [];

    public NodeFlags[] Flags { get; private set; } = [];

    /// <summary>The number of nodes with discouraging taints: mostly none, and then there is nothing to compare.</summary>
    public int TaintedNodes { get; private set; }

    public bool HasPreferences => _preferred.Length > 0;

    /// <summary>Brings the columns up to date.</summary>
    public void Sync()
    {
        var count = _nodes.Count;
        if (Codes.Length < _nodes.Capacity)
        {
            Codes = new int[_nodes.Capacity];
            Scores = new int[_nodes.Capacity];
            Taints = new int[_nodes.Capacity];
            Preferences = new int[_nodes.Capacity];
            Flags = new NodeFlags[_nodes.Capacity];
            TaintedNodes = 0;
            _position = -1;
        }

        var changes = _nodes.Changes;
        var stale = _images.IsRelevant && _imagesVersion != _nodes.ImagesVersion;
        if (stale)
        {
            _imagesVersion = _nodes.ImagesVersion;
            _images.Prepare(_nodes);
        }

        if (_position < 0 || stale || !changes.CanReplay(_position, count))
        {
            EvaluateAll(count);
        }
        else
        {
            for (var position = _position; position < changes.End; position++)
            {
                Evaluate(changes[position]);
            }
        }

        _position = changes.End;
    }

    /// <summary>Whether the node by itself takes the pod right now, without looking at or changing the columns.</summary>
    public int Check(int slot)
    {
        var node = _nodes.Nodes[slot];
        return node is null ? Verdicts.Absent : CheckStatic(node) is not Verdicts.Fits and var code ? code : CheckDynamic(slot);
    }

    private void EvaluateAll(int count)
    {
        if (_names is null)
        {
            for (var slot = 0; slot < count; slot++)
            {
                Evaluate(slot);
            }

            return;
        }

        // A pod that names its node, as each one of a DaemonSet does, asks nothing of the others.
        for (var slot = 0; slot < count; slot++)
        {
            Codes[slot] = _nodes.IsPresent(slot) ? _verdicts.NodeNotNamed : Verdicts.Absent;
            Flags[slot] = NodeFlags.None;
        }

        foreach (var name in _names)
        {
            if (_nodes.TryFind(name, out var slot))
            {
                Evaluate(slot);
            }
        }
    }

    private void Evaluate(int slot)
    {
        var node = _nodes.Nodes[slot];
        if (Taints[slot] != 0)
        {
            TaintedNodes--;
            Taints[slot] = 0;
        }

        if (node is null)
        {
            Codes[slot] = Verdicts.Absent;
            Flags[slot] = NodeFlags.None;
            return;
        }

        var taints = node.Spec.Taints;
        var flags = NodeFlags.None;
        if (_required is null || _required.Matches(node.Metadata.Name, node.Metadata.Labels))
        {
            flags |= NodeFlags.MatchesAffinity;
        }

        if (taints.Count == 0)
        {
            flags |= NodeFlags.TaintsTolerated;
        }
        else
        {
            if (_tolerations.ToleratesAll(taints))
            {
                flags |= NodeFlags.TaintsTolerated;
            }

            var discouraging = _tolerations.CountIntolerablePreferences(taints);
            if (discouraging != 0)
            {
                Taints[slot] = discouraging;
                TaintedNodes++;
            }
        }

        Flags[slot] = flags;
        var code = CheckStatic(node, flags);
        if (code == Verdicts.Fits)
        {
            code = CheckDynamic(slot);
        }

        Codes[slot] = code;
        if (code != Verdicts.Fits)
        {
            return;
        }

        Scores[slot] = ResourceScore.LeastAllocated(_nodes, slot, _request)
            + ResourceScore.Balanced(_nodes, slot, _request)
            + (_images.IsRelevant ? _images.Of(_nodes, slot) : 0);
        if (_preferred.Length > 0)
        {
            var weight = 0;
            foreach (var preferred in _preferred)
            {
                weight += preferred.Term.Matches(node.Metadata.Name, node.Metadata.Labels) ? preferred.Weight : 0;
            }

            Preferences[slot] = weight;
        }
    }

    private int CheckStatic(Node node)
    {
        var flags = NodeFlags.None;
        if (_required is null || _required.Matches(node.Metadata.Name, node.Metadata.Labels))
        {
            flags |= NodeFlags.MatchesAffinity;
        }

        if (_tolerations.ToleratesAll(node.Spec.Taints))
        {
            flags |= NodeFlags.TaintsTolerated;
        }

        return CheckStatic(node, flags);
    }

    private int CheckStatic(Node node, NodeFlags flags)
    {
        // Pods that name their node (of DaemonSets, mostly) are not compared with any other.
        if (_names is not null && !_names.Contains(node.Metadata.Name))
        {
            return _verdicts.NodeNotNamed;
        }

        if (node.Spec.Unschedulable && !_toleratesUnschedulable)
        {
            return _verdicts.Unschedulable;
        }

        if ((flags & NodeFlags.TaintsTolerated) == 0)
        {
            return _verdicts.Taint;
        }

        return (flags & NodeFlags.MatchesAffinity) == 0 ? _verdicts.NodeAffinity
            : _features.Length == 0 ? Verdicts.Fits
            : CheckFeatures(node);
    }

    private int CheckFeatures(Node node)
    {
        var missing = string.Join(", ", _features.Where(f => !node.Status.DeclaredFeatures.Contains(f)));
        return missing.Length == 0
            ? Verdicts.Fits
            : _verdicts.Code(Plugins.NodeDeclaredFeatures, isFinal: true, "node declared features check failed - unsatisfied requirements: " + missing);
    }

    private int CheckDynamic(int slot)
    {
        if (_ports.Length > 0 && _nodes.HasPortConflict(_ports, slot))
        {
            return _verdicts.Ports;
        }

        var request = _request;
        var fits = _nodes.Pods[slot].Count < _nodes.AllocatablePods[slot]
            && request.Cpu <= _nodes.AllocatableCpu[slot] - _nodes.RequestedCpu[slot]
            && request.Memory <= _nodes.AllocatableMemory[slot] - _nodes.RequestedMemory[slot]
            && request.EphemeralStorage <= _nodes.AllocatableEphemeral[slot] - _nodes.RequestedEphemeral[slot]
            && request.Extended.Length == 0;
        return fits ? Verdicts.Fits : WhatLacks(slot);
    }

    private int WhatLacks(int slot)
    {
        var isFinal = false;
        _lacking.Clear();
        if (_nodes.Pods[slot].Count >= _nodes.AllocatablePods[slot])
        {
            _lacking.Add("Too many pods");
        }

        Check(ResourceNames.Cpu, _request.Cpu, _nodes.AllocatableCpu[slot], _nodes.RequestedCpu[slot]);
        Check(ResourceNames.Memory, _request.Memory, _nodes.AllocatableMemory[slot], _nodes.RequestedMemory[slot]);
        Check(ResourceNames.EphemeralStorage, _request.EphemeralStorage, _nodes.AllocatableEphemeral[slot], _nodes.RequestedEphemeral[slot]);
        foreach (var (column, amount) in _request.Extended)
        {
            var (allocatable, requested) = _nodes.Extended(column);
            Check(_cluster.Resources[column], amount, allocatable[slot], requested[slot]);
        }

        return _lacking.Count == 0 ? Verdicts.Fits : _verdicts.Code(Plugins.NodeResourcesFit, isFinal, _lacking);

        void Check(string name, long wanted, long allocatable, long requested)
        {
            // What is not asked for may be overcommitted.
            if (wanted > 0 && wanted > allocatable - requested)
            {
                _lacking.Add("Insufficient " + name);
                isFinal |= wanted > allocatable;
            }
        }
    }
}
