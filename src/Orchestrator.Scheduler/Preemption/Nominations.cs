using Orchestrator.Scheduler.Queue;

namespace Orchestrator.Scheduler.Preemption;

/// <summary>The waiting pods for which room is being made, by node name. Less important pods must not take that room.</summary>
internal sealed class Nominations
{
    private readonly Dictionary<string, List<QueuedPod>> _byNode = [];

    public bool IsEmpty => _byNode.Count == 0;

    public IEnumerable<string> Nodes => _byNode.Keys;

    public IReadOnlyList<QueuedPod> On(string node) => _byNode.TryGetValue(node, out var pods) ? pods : [];

    /// <summary>Sets or (null) takes back the nomination of a pod.</summary>
    public void Set(QueuedPod pod, string? node)
    {
        if (pod.NominatedNode is { } old && _byNode.TryGetValue(old, out var pods))
        {
            pods.Remove(pod);
            if (pods.Count == 0)
            {
                _byNode.Remove(old);
            }
        }

        pod.NominatedNode = node;
        if (node is not null)
        {
            if (!_byNode.TryGetValue(node, out pods))
            {
                _byNode[node] = pods = [];
            }

            pods.Add(pod);
        }
    }
}
