using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Network.Tests.Support;

/// <summary>A cluster that can be listed and watched, which is all the node's network does with one.</summary>
internal sealed class FakeCluster : IClusterClient
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Resource, ObjectKey Key), ApiObject> _objects = [];
    private readonly List<(string Resource, Channel<(WatchEventType Type, ApiObject Object)> Events)> _watches = [];
    private int _version = 1;

    /// <summary>Whether the API server answers at all.</summary>
    public bool Reachable { get; set; } = true;

    public ValueTask<ApiResult<byte[]>> GetRawAsync(string pathAndQuery, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Put<T>(T obj)
        where T : ApiObject, IResourceObject<T>
    {
        lock (_lock)
        {
            var id = (T.Resource.Path(""), obj.Key);
            var type = _objects.ContainsKey(id) ? WatchEventType.Modified : WatchEventType.Added;
            var stored = obj with { Metadata = obj.Metadata with { ResourceVersion = $"{++_version}" } };
            _objects[id] = stored;
            Publish(id.Item1, type, stored);
        }
    }

    public void Delete<T>(string ns, string name)
        where T : ApiObject, IResourceObject<T>
    {
        lock (_lock)
        {
            var id = (T.Resource.Path(""), new ObjectKey(ns, name));
            if (_objects.Remove(id, out var last))
            {
                Publish(id.Item1, WatchEventType.Deleted, last);
            }
        }
    }

    public ValueTask<ApiResult<ObjectList<T>>> ListAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject
    {
        lock (_lock)
        {
            if (!Reachable)
            {
                return new(new ApiResult<ObjectList<T>>(new Status { Message = "connection refused" }));
            }

            var items = _objects.Where(pair => pair.Key.Resource == collection.Resource.Path("")).Select(pair => (T)pair.Value).ToList();
            return new(new ApiResult<ObjectList<T>>(new ObjectList<T>(items, $"{_version}")));
        }
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourcePath collection, ListOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : ApiObject
    {
        var events = Channel.CreateUnbounded<(WatchEventType Type, ApiObject Object)>();
        var resource = collection.Resource.Path("");
        lock (_lock)
        {
            // What came between list and watch.
            var since = int.Parse(options!.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture);
            foreach (var missed in _objects.Where(pair => pair.Key.Resource == resource
                && int.Parse(pair.Value.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture) > since))
            {
                events.Writer.TryWrite((WatchEventType.Added, missed.Value));
            }

            _watches.Add((resource, events));
        }

        await foreach (var (type, obj) in events.Reader.ReadAllAsync(cancellationToken))
        {
            yield return new WatchEvent<T>(type, (T)obj, obj.Metadata.ResourceVersion);
        }
    }

    public ValueTask<ApiResult<T>> GetAsync<T>(ResourcePath path, GetOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => throw new NotSupportedException();

    public ValueTask<ApiResult<T>> CreateAsync<T>(ResourcePath path, T body, CreateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => throw new NotSupportedException();

    public ValueTask<ApiResult<T>> UpdateAsync<T>(ResourcePath path, T body, UpdateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => throw new NotSupportedException();

    public ValueTask<ApiResult<T>> PatchAsync<T>(ResourcePath path, Patch patch, PatchOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => throw new NotSupportedException();

    public ValueTask<ApiResult<ApiObject?>> DeleteAsync(ResourcePath path, DeleteOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<ApiResult> DeleteCollectionAsync(
        ResourcePath collection, DeleteOptions? options, ListOptions? selection, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ApiResult<DiscoveredResources>> DiscoverAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    private void Publish(string resource, WatchEventType type, ApiObject obj)
    {
        foreach (var watch in _watches.Where(watch => watch.Resource == resource))
        {
            watch.Events.Writer.TryWrite((type, obj));
        }
    }
}
