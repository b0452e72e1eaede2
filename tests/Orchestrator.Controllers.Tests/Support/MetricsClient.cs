using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Tests.Support;

/// <summary>A cluster that also serves metrics, from a function of the path.</summary>
internal sealed class MetricsClient(IClusterClient inner, Func<string, string?> metrics) : IClusterClient
{
    public ValueTask<ApiResult<T>> GetAsync<T>(ResourcePath path, GetOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => inner.GetAsync<T>(path, options, cancellationToken);

    public ValueTask<ApiResult<ObjectList<T>>> ListAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => inner.ListAsync<T>(collection, options, cancellationToken);

    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => inner.WatchAsync<T>(collection, options, cancellationToken);

    public ValueTask<ApiResult<T>> CreateAsync<T>(ResourcePath path, T body, CreateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => inner.CreateAsync(path, body, options, cancellationToken);

    public ValueTask<ApiResult<T>> UpdateAsync<T>(ResourcePath path, T body, UpdateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => inner.UpdateAsync(path, body, options, cancellationToken);

    public ValueTask<ApiResult<T>> PatchAsync<T>(ResourcePath path, Patch patch, PatchOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => inner.PatchAsync<T>(path, patch, options, cancellationToken);

    public ValueTask<ApiResult<ApiObject?>> DeleteAsync(ResourcePath path, DeleteOptions? options, CancellationToken cancellationToken) =>
        inner.DeleteAsync(path, options, cancellationToken);

    public ValueTask<ApiResult> DeleteCollectionAsync(ResourcePath collection, DeleteOptions? options, ListOptions? selection, CancellationToken cancellationToken) =>
        inner.DeleteCollectionAsync(collection, options, selection, cancellationToken);

    public ValueTask<ApiResult<DiscoveredResources>> DiscoverAsync(CancellationToken cancellationToken) => inner.DiscoverAsync(cancellationToken);

    public ValueTask<ApiResult<byte[]>> GetRawAsync(string pathAndQuery, CancellationToken cancellationToken) =>
        metrics(pathAndQuery) is { } answer ? new(Encoding.UTF8.GetBytes(answer)) : inner.GetRawAsync(pathAndQuery, cancellationToken);
}
