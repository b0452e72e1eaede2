using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>What a request is about: a collection (no name), an object, or a subresource of one.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Namespace">"" for all namespaces (lists and watches) and for cluster-scoped kinds.</param>
/// <param name="Name">"" for the collection.</param>
/// <param name="Subresource">For example <c>status</c>, <c>scale</c>, <c>binding</c>; "" for the object itself.</param>
public readonly record struct ResourcePath(ResourceInfo Resource, string Namespace = "", string Name = "", string Subresource = "")
{
    public ObjectKey Key => new(Namespace, Name);

    /// <summary>The collection of a kind in a namespace, or everywhere.</summary>
    public static ResourcePath Of<T>(string ns = "")
        where T : ApiObject, IResourceObject<T> => new(T.Resource, ns);

    /// <summary>An object, or a subresource of it.</summary>
    public static ResourcePath Of<T>(ObjectKey key, string subresource = "")
        where T : ApiObject, IResourceObject<T> => new(T.Resource, key.Namespace, key.Name, subresource);

    /// <summary>The HTTP path, without a query.</summary>
    public override string ToString() => Resource.Path(Namespace, Name, Subresource);
}
