using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>The cluster, as everything but the API server sees it: the verbs of the API on any resource.</summary>
/// <remarks>
/// <para>The type argument says what the caller wants to see: a kind of the tables, <see cref="ApiObject"/> for whatever the resource
/// holds (custom resources come as <see cref="CustomObject"/>), or <see cref="PartialObjectMetadata"/> for metadata alone, which costs
/// less. <see cref="ClusterClientExtensions"/> has the short forms for kinds that know their resource.</para>
/// <para>Objects are shared and immutable: an implementation may give out the server's own. Kind and apiVersion need not be set in
/// what is sent. All members may be called by many at once. Expected outcomes are values; only cancellation throws.</para>
/// </remarks>
public interface IClusterClient
{
    /// <summary>Reads an object, or a subresource of it that can be read (<c>scale</c>, <c>status</c>).</summary>
    ValueTask<ApiResult<T>> GetAsync<T>(ResourcePath path, GetOptions? options, CancellationToken cancellationToken)
        where T : ApiObject;

    /// <summary>Lists a collection. Without a limit the answer is whole.</summary>
    ValueTask<ApiResult<ObjectList<T>>> ListAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject;

    /// <summary>
    /// Watches a collection from <see cref="ListOptions.ResourceVersion"/>. The sequence ends when the server closes the watch
    /// (time-out, shut-down), or after an <see cref="WatchEventType.Error"/> event; then the caller goes on from the last resource version it saw.
    /// </summary>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject;

    /// <summary>
    /// Creates an object in a collection, or posts to a subresource of an object (<c>binding</c>, <c>eviction</c>, <c>token</c>). Where
    /// the server answers with a success status only, the value is what was sent.
    /// </summary>
    ValueTask<ApiResult<T>> CreateAsync<T>(ResourcePath path, T body, CreateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject;

    /// <summary>Replaces an object or a subresource. A resource version in the body makes it conditional (conflict).</summary>
    ValueTask<ApiResult<T>> UpdateAsync<T>(ResourcePath path, T body, UpdateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject;

    /// <summary>Patches an object or a subresource.</summary>
    ValueTask<ApiResult<T>> PatchAsync<T>(ResourcePath path, Patch patch, PatchOptions? options, CancellationToken cancellationToken)
        where T : ApiObject;

    /// <summary>Deletes an object. The value is the object if it is still there (grace period, finalizers), else null.</summary>
    ValueTask<ApiResult<ApiObject?>> DeleteAsync(ResourcePath path, DeleteOptions? options, CancellationToken cancellationToken);

    /// <summary>Deletes all objects of a collection that match.</summary>
    ValueTask<ApiResult> DeleteCollectionAsync(ResourcePath collection, DeleteOptions? options, ListOptions? selection, CancellationToken cancellationToken);

    /// <summary>
    /// All resources that are served now, built-in and custom, each in its group's preferred version, without subresources' own rows. Groups
    /// that could not be asked (an aggregated server is down) are named in <see cref="DiscoveredResources.FailedGroupVersions"/>.
    /// </summary>
    ValueTask<ApiResult<DiscoveredResources>> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what a server that is aggregated into the API answers on a path, query and all: metrics, which are no objects of the cluster.
    /// Not found where nobody serves the path.
    /// </summary>
    ValueTask<ApiResult<byte[]>> GetRawAsync(string pathAndQuery, CancellationToken cancellationToken);
}
