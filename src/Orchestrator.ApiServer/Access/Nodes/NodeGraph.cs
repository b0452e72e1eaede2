using System.Collections.Concurrent;
using System.Collections.Immutable;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Access.Nodes;

/// <summary>Which pods are on which node, and what they use: the paths along which a node may read. Kept from the store's changes.</summary>
public sealed class NodeGraph : IObjectView
{
    private readonly ConcurrentDictionary<string, ImmutableDictionary<ObjectKey, PodUses>> _nodes = new(StringComparer.Ordinal);

    // Where each pod is, to take it off a node when it moves or goes. Only the writer's.
    private readonly Dictionary<ObjectKey, string> _places = [];

    public IReadOnlyList<ResourceInfo> Resources { get; } = [Pod.Resource];

    public void Put(ApiObject obj)
    {
        if (obj is not Pod pod)
        {
            return;
        }

        var key = pod.Key;
        var node = pod.Spec.NodeName;
        if (_places.TryGetValue(key, out var before) && before != node)
        {
            TakeOff(key, before);
        }

        if (node.Length == 0)
        {
            return;
        }

        _places[key] = node;
        var pods = _nodes.GetValueOrDefault(node) ?? ImmutableDictionary<ObjectKey, PodUses>.Empty;

        // A running pod's references do not change, apart from those of ephemeral containers and resource claims.
        _nodes[node] = pods.SetItem(key, new PodUses(pod));
    }

    public void Remove(ApiObject obj)
    {
        if (_places.TryGetValue(obj.Key, out var node))
        {
            TakeOff(obj.Key, node);
        }
    }

    /// <summary>Whether the pod is on the node.</summary>
    internal bool HasPod(string node, string ns, string name) => PodsOf(node).ContainsKey(new(ns, name));

    /// <summary>Whether some pod on the node uses something.</summary>
    internal bool AnyPod(string node, string ns, Func<PodUses, bool> uses)
    {
        foreach (var (key, pod) in PodsOf(node))
        {
            if ((ns.Length == 0 || key.Namespace == ns) && uses(pod))
            {
                return true;
            }
        }

        return false;
    }

    private ImmutableDictionary<ObjectKey, PodUses> PodsOf(string node) => _nodes.GetValueOrDefault(node) ?? ImmutableDictionary<ObjectKey, PodUses>.Empty;

    private void TakeOff(ObjectKey key, string node)
    {
        _places.Remove(key);
        var rest = PodsOf(node).Remove(key);
        if (rest.IsEmpty)
        {
            _nodes.TryRemove(node, out _);
        }
        else
        {
            _nodes[node] = rest;
        }
    }
}
