using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers.GarbageCollection;

/// <summary>Who owns whom, over all resources, as the watches tell. Says what should be looked at through two callbacks.</summary>
/// <param name="checkDeletion">An object may have to be deleted, or its deletion finished.</param>
/// <param name="orphan">An object waits for its dependents to be cut loose.</param>
/// <param name="misplaced">An object names an owner that is in another namespace; such an owner counts as absent.</param>
internal sealed class OwnershipGraph(Action<string> checkDeletion, Action<string> orphan, Action<GraphNode, OwnerReference> misplaced)
{
    public const string OrphanFinalizer = "orphan";
    public const string ForegroundFinalizer = "foregroundDeletion";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, GraphNode> _nodes = [];

    public void Put(ResourceInfo resource, PartialObjectMetadata obj)
    {
        lock (_lock)
        {
            var metadata = obj.Metadata;
            var known = _nodes.TryGetValue(metadata.Uid, out var node);
            if (!known)
            {
                _nodes[metadata.Uid] = node = new(metadata.Uid, resource, obj.Key);
            }

            var wasOrphaning = node!.IsBeingDeleted;
            var wasDeletingDependents = node.IsDeletingDependents;
            var wasVirtual = node.IsVirtual;
            (node.Resource, node.Key, node.IsVirtual, node.Reference) = (resource, obj.Key, false, null);
            if (wasVirtual)
            {
                // Now it shows whether those that named it before it was seen named it rightly.
                foreach (var dependent in node.Dependents)
                {
                    JudgeReferenceLocked(dependent, node);
                }
            }

            SetOwnersLocked(node, metadata.OwnerReferences);
            node.IsBeingDeleted = metadata.DeletionTimestamp is not null;
            node.IsDeletingDependents = node.IsBeingDeleted && metadata.Finalizers.Contains(ForegroundFinalizer);
            if (node.IsBeingDeleted && metadata.Finalizers.Contains(OrphanFinalizer) && !(known && wasOrphaning))
            {
                orphan(node.Uid);
            }

            if (node.IsDeletingDependents && !wasDeletingDependents)
            {
                foreach (var dependent in node.Dependents)
                {
                    checkDeletion(dependent.Uid);
                }

                checkDeletion(node.Uid);
            }
        }
    }

    /// <summary>An object is gone: its dependents have an owner less, and an owner that waits for it may go.</summary>
    public void Remove(string uid)
    {
        lock (_lock)
        {
            if (!_nodes.Remove(uid, out var node))
            {
                return;
            }

            foreach (var owner in node.Owners)
            {
                if (_nodes.TryGetValue(owner.Uid, out var ownerNode))
                {
                    ownerNode.Dependents.Remove(node);
                    if (ownerNode.IsDeletingDependents)
                    {
                        checkDeletion(ownerNode.Uid);
                    }
                    else if (ownerNode is { IsVirtual: true, Dependents.Count: 0 })
                    {
                        _nodes.Remove(ownerNode.Uid);
                    }
                }
            }

            foreach (var dependent in node.Dependents)
            {
                checkDeletion(dependent.Uid);
            }
        }
    }

    /// <summary>What is known of an object now; null if nothing.</summary>
    public GraphView? View(string uid)
    {
        lock (_lock)
        {
            return _nodes.TryGetValue(uid, out var node)
                ? new(node.Uid, node.Resource, node.Key, node.IsVirtual, node.Reference, node.IsBeingDeleted, node.IsDeletingDependents, [.. node.Dependents.Select(Dependent)])
                : null;

            GraphDependent Dependent(GraphNode dependent) => new(
                dependent.Uid,
                dependent.Resource,
                dependent.Key,
                dependent.IsDeletingDependents,
                dependent.Owners.Any(o => o.Uid == uid && o.BlockOwnerDeletion == true));
        }
    }

    private void SetOwnersLocked(GraphNode node, ApiList<OwnerReference> owners)
    {
        if (node.Owners.Equals(owners))
        {
            return;
        }

        foreach (var old in node.Owners)
        {
            var kept = owners.FirstOrDefault(o => o.Uid == old.Uid);
            if (!_nodes.TryGetValue(old.Uid, out var ownerNode))
            {
                continue;
            }

            if (kept is null)
            {
                ownerNode.Dependents.Remove(node);
            }

            // An owner that waited for this one waits no longer.
            if (old.BlockOwnerDeletion == true && kept?.BlockOwnerDeletion != true)
            {
                checkDeletion(old.Uid);
            }
        }

        node.Owners = owners;
        foreach (var owner in owners)
        {
            if (!_nodes.TryGetValue(owner.Uid, out var ownerNode))
            {
                // Its watch may be late, or it may be gone: looking at it tells.
                ownerNode = new(owner.Uid, null, new(node.Key.Namespace, owner.Name)) { IsVirtual = true, Reference = owner };
                _nodes[owner.Uid] = ownerNode;
                checkDeletion(owner.Uid);
            }

            ownerNode.Dependents.Add(node);
            JudgeReferenceLocked(node, ownerNode);
            if (ownerNode.IsDeletingDependents)
            {
                checkDeletion(node.Uid);
            }
        }
    }

    /// <summary>A reference whose namespace, kind or name are not the owner's is looked at: the UID alone makes no owner.</summary>
    private void JudgeReferenceLocked(GraphNode node, GraphNode owner)
    {
        var reference = node.Owners.FirstOrDefault(o => o.Uid == owner.Uid);
        if (reference is null || owner.Uid == node.Uid)
        {
            return;
        }

        if (owner.IsVirtual)
        {
            if (owner.Reference is { } known && (known.ApiVersion != reference.ApiVersion || known.Kind != reference.Kind || known.Name != reference.Name))
            {
                checkDeletion(node.Uid);
            }

            return;
        }

        if (owner.Resource is { Namespaced: true } && owner.Key.Namespace != node.Key.Namespace)
        {
            misplaced(node, reference);
            checkDeletion(node.Uid);
        }
        else if (owner.Resource is { } resource && !owner.IsNamedBy(reference, resource))
        {
            checkDeletion(node.Uid);
        }
    }
}
