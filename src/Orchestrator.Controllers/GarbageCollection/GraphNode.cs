using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers.GarbageCollection;

/// <summary>An object in the graph of ownership. Guarded by the graph's lock.</summary>
internal sealed class GraphNode(string uid, ResourceInfo? resource, ObjectKey key)
{
    public string Uid { get; } = uid;

    /// <summary>Null while the object is only known by a reference whose kind cannot be resolved.</summary>
    public ResourceInfo? Resource { get; set; } = resource;

    public ObjectKey Key { get; set; } = key;

    /// <summary>Known only because somebody names it as owner; not seen in any watch.</summary>
    public bool IsVirtual { get; set; }

    /// <summary>The reference by which a virtual node is known.</summary>
    public OwnerReference? Reference { get; set; }

    public ApiList<OwnerReference> Owners { get; set; } = ApiList<OwnerReference>.Empty;

    public HashSet<GraphNode> Dependents { get; } = [];

    public bool IsBeingDeleted { get; set; }

    /// <summary>Deleted in the foreground: it goes when its blocking dependents are gone.</summary>
    public bool IsDeletingDependents { get; set; }

    /// <summary>Whether a reference has this object's kind and name, in whatever version of its group.</summary>
    public bool IsNamedBy(OwnerReference reference, ResourceInfo resource) => Names(reference, resource, Key.Name);

    /// <summary>Whether a reference means a name of a resource, in whatever version of its group.</summary>
    public static bool Names(OwnerReference reference, ResourceInfo resource, string name)
    {
        var slash = reference.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        return reference.Name == name && reference.Kind == resource.Kind && reference.ApiVersion.AsSpan(0, Math.Max(0, slash)).SequenceEqual(resource.Group);
    }
}
