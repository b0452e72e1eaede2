using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Counting;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Nodes;

/// <summary>All nodes as columns: a node is a slot, an attribute is an array over the slots.</summary>
/// <remarks>
/// One writer: the scheduling loop. Every change of a slot is noted in <see cref="Changes"/>, so that whoever caches something per node
/// recomputes only what changed. A slot exists from when a node or a pod on it is first heard of until both are gone.
/// </remarks>
internal sealed class NodeTable(ResourceNames names)
{
    private readonly Dictionary<string, int> _slots = [];
    private readonly Stack<int> _free = [];
    private readonly Dictionary<string, TopologyColumn> _topologies = [];
    private readonly List<(long[] Allocatable, long[] Requested)> _extended = [];
    private readonly Dictionary<string, int> _imageNodes = [];

    /// <summary>Slots in use are below it; all columns are at least as long.</summary>
    public int Count { get; private set; }

    /// <summary>The length of the columns.</summary>
    public int Capacity { get; private set; }

    /// <summary>The number of nodes that exist.</summary>
    public int PresentCount { get; private set; }

    public ChangeLog Changes { get; } = new();

    /// <summary>Grows when images on nodes or the number of nodes change, on which the scores of images depend.</summary>
    public long ImagesVersion { get; private set; }

    public Node?[] Nodes = [];
    public string[] NodeNames = [];
    public long[] AllocatableCpu = [];
    public long[] AllocatableMemory = [];
    public long[] AllocatableEphemeral = [];
    public int[] AllocatablePods = [];
    public long[] RequestedCpu = [];
    public long[] RequestedMemory = [];
    public long[] RequestedEphemeral = [];
    public long[] ScoredCpu = [];
    public long[] ScoredMemory = [];
    public List<PodInfo>[] Pods = [];
    public List<HostPort>?[] HostPorts = [];
    public Dictionary<string, long>?[] Images = [];

    public event Action<int>? Grown;

    public bool IsPresent(int slot) => Nodes[slot] is not null;

    public bool TryFind(string name, out int slot) => _slots.TryGetValue(name, out slot);

    public int SlotOf(string name)
    {
        if (_slots.TryGetValue(name, out var slot))
        {
            return slot;
        }

        if (!_free.TryPop(out slot))
        {
            if (Count == Capacity)
            {
                Grow();
            }

            slot = Count++;
        }

        _slots[name] = slot;
        NodeNames[slot] = name;
        return slot;
    }

    public void Set(Node node)
    {
        var slot = SlotOf(node.Metadata.Name);
        var old = Nodes[slot];
        Nodes[slot] = node;
        if (old is null)
        {
            PresentCount++;
            ImagesVersion++;
        }

        var allocatable = node.Status.Allocatable;
        AllocatableCpu[slot] = allocatable.TryGetValue(ResourceNames.Cpu, out var cpu) ? cpu.MilliValue : 0;
        AllocatableMemory[slot] = allocatable.TryGetValue(ResourceNames.Memory, out var memory) ? memory.Value : 0;
        AllocatableEphemeral[slot] = allocatable.TryGetValue(ResourceNames.EphemeralStorage, out var ephemeral) ? ephemeral.Value : 0;
        AllocatablePods[slot] = allocatable.TryGetValue(ResourceNames.Pods, out var pods) ? (int)Math.Min(pods.Value, int.MaxValue) : 0;
        foreach (var column in _extended)
        {
            column.Allocatable[slot] = 0;
        }

        foreach (var (name, amount) in allocatable)
        {
            if (ResourceNames.IsScalar(name))
            {
                Extended(names.ColumnOf(name)).Allocatable[slot] = amount.Value;
            }
        }

        if (old is null || !old.Status.Images.Equals(node.Status.Images))
        {
            SetImages(slot, node);
        }

        foreach (var topology in _topologies.Values)
        {
            topology.SetNode(slot, node.Metadata.Labels);
        }

        Changes.Note(slot);
    }

    public void Remove(string name)
    {
        if (!_slots.TryGetValue(name, out var slot) || Nodes[slot] is null)
        {
            return;
        }

        Nodes[slot] = null;
        PresentCount--;
        SetImages(slot, null);
        ImagesVersion++;
        foreach (var topology in _topologies.Values)
        {
            topology.SetNode(slot, null);
        }

        Changes.Note(slot);
        FreeIfUnused(slot);
    }

    /// <summary>Puts a pod's requests on its node.</summary>
    public void Add(PodInfo pod, int slot)
    {
        pod.Node = slot;
        pod.IndexOnNode = Pods[slot].Count;
        Pods[slot].Add(pod);
        Account(pod.Request, slot, 1);
        foreach (var port in pod.Shape.HostPorts)
        {
            (HostPorts[slot] ??= []).Add(port);
        }

        Changes.Note(slot);
    }

    public void Remove(PodInfo pod)
    {
        var slot = pod.Node;
        var list = Pods[slot];
        var last = list[^1];
        list[pod.IndexOnNode] = last;
        last.IndexOnNode = pod.IndexOnNode;
        list.RemoveAt(list.Count - 1);
        Account(pod.Request, slot, -1);
        foreach (var port in pod.Shape.HostPorts)
        {
            HostPorts[slot]!.Remove(port);
        }

        pod.Node = -1;
        Changes.Note(slot);
    }

    /// <summary>Gives the slot of a node back that neither exists nor has pods.</summary>
    public void FreeIfUnused(int slot)
    {
        if (Nodes[slot] is null && Pods[slot].Count == 0 && _slots.Remove(NodeNames[slot]))
        {
            NodeNames[slot] = "";
            _free.Push(slot);
        }
    }

    public (long[] Allocatable, long[] Requested) Extended(int column)
    {
        while (_extended.Count <= column)
        {
            _extended.Add((new long[Capacity], new long[Capacity]));
        }

        return _extended[column];
    }

    /// <summary>The column of a topology key, made when first asked for.</summary>
    public TopologyColumn Topology(string key)
    {
        if (!_topologies.TryGetValue(key, out var column))
        {
            _topologies[key] = column = new(key);
            column.Grow(Capacity);
            for (var slot = 0; slot < Count; slot++)
            {
                column.SetNode(slot, Nodes[slot]?.Metadata.Labels);
            }
        }

        return column;
    }

    /// <summary>How many nodes have an image.</summary>
    public int NodesWithImage(string name) => _imageNodes.GetValueOrDefault(name);

    public bool HasPortConflict(HostPort[] wanted, int slot)
    {
        if (HostPorts[slot] is { Count: > 0 } taken)
        {
            foreach (var port in wanted)
            {
                foreach (var other in taken)
                {
                    if (port.ConflictsWith(other))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private void Account(PodRequest request, int slot, int sign)
    {
        RequestedCpu[slot] += sign * request.Cpu;
        RequestedMemory[slot] += sign * request.Memory;
        RequestedEphemeral[slot] += sign * request.EphemeralStorage;
        ScoredCpu[slot] += sign * request.ScoredCpu;
        ScoredMemory[slot] += sign * request.ScoredMemory;
        foreach (var (column, amount) in request.Extended)
        {
            Extended(column).Requested[slot] += sign * amount;
        }
    }

    private void SetImages(int slot, Node? node)
    {
        if (Images[slot] is { } old)
        {
            ImagesVersion++;
            foreach (var name in old.Keys)
            {
                _imageNodes[name]--;
            }
        }

        Images[slot] = null;
        if (node is null || node.Status.Images.Count == 0)
        {
            return;
        }

        ImagesVersion++;
        var images = new Dictionary<string, long>();
        foreach (var image in node.Status.Images)
        {
            foreach (var name in image.Names)
            {
                if (images.TryAdd(name, image.SizeBytes))
                {
                    _imageNodes[name] = _imageNodes.GetValueOrDefault(name) + 1;
                }
            }
        }

        Images[slot] = images;
    }

    private void Grow()
    {
        Capacity = Math.Max(16, Capacity * 2);
        Array.Resize(ref Nodes, Capacity);
        Array.Resize(ref NodeNames, Capacity);
        Array.Resize(ref AllocatableCpu, Capacity);
        Array.Resize(ref AllocatableMemory, Capacity);
        Array.Resize(ref AllocatableEphemeral, Capacity);
        Array.Resize(ref AllocatablePods, Capacity);
        Array.Resize(ref RequestedCpu, Capacity);
        Array.Resize(ref RequestedMemory, Capacity);
        Array.Resize(ref RequestedEphemeral, Capacity);
        Array.Resize(ref ScoredCpu, Capacity);
        Array.Resize(ref ScoredMemory, Capacity);
        Array.Resize(ref HostPorts, Capacity);
        Array.Resize(ref Images, Capacity);
        var known = Pods.Length;
        Array.Resize(ref Pods, Capacity);
        for (var slot = known; slot < Capacity; slot++)
        {
            Pods[slot] = [];
            NodeNames[slot] = "";
        }

        for (var i = 0; i < _extended.Count; i++)
        {
            var (allocatable, requested) = _extended[i];
            Array.Resize(ref allocatable, Capacity);
            Array.Resize(ref requested, Capacity);
            _extended[i] = (allocatable, requested);
        }

        foreach (var topology in _topologies.Values)
        {
            topology.Grow(Capacity);
        }

        Grown?.Invoke(Capacity);
    }
}
