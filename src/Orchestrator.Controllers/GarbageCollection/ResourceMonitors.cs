using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.GarbageCollection;

/// <summary>A watch of the metadata of every resource that can be deleted; follows discovery as custom resources come and go.</summary>
internal sealed class ResourceMonitors(ControllerContext context, OwnershipGraph graph) : IAsyncDisposable
{
    private readonly Dictionary<string, (ResourceInfo Resource, Informer<PartialObjectMetadata> Informer, CancellationTokenSource Stop, Task Run)> _monitors = [];
    private volatile IReadOnlyList<ResourceInfo> _resources = [];

    /// <summary>The resource of a kind, in whatever version the server prefers; null if it is not served.</summary>
    public ResourceInfo? Find(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : apiVersion[..slash];
        return _resources.FirstOrDefault(r => r.Group == group && r.Kind == kind);
    }

    /// <summary>Starts watches of resources that are new and ends those of resources that are gone.</summary>
    public async ValueTask<Status?> RefreshAsync(CancellationToken cancellationToken)
    {
        var discovered = await context.Client.DiscoverAsync(cancellationToken);
        if (!discovered.IsOk)
        {
            return discovered.Error;
        }

        var served = discovered.Value.Resources;
        _resources = served;
        var wanted = served.Where(IsCollectable).ToDictionary(static r => r.GroupResource);
        foreach (var (name, monitor) in _monitors.ToList())
        {
            // A group that just did not answer is not gone.
            var failed = discovered.Value.FailedGroupVersions.Any(v => v == monitor.Resource.ApiVersion);
            if (failed || (wanted.TryGetValue(name, out var now) && now.Version == monitor.Resource.Version))
            {
                continue;
            }

            _monitors.Remove(name);
            await StopAsync(monitor.Stop, monitor.Run);
            foreach (var obj in monitor.Informer.List())
            {
                // With the resource all its objects went; those that moved to another version come again.
                graph.Remove(obj.Metadata.Uid);
            }
        }

        foreach (var (name, resource) in wanted)
        {
            if (!_monitors.ContainsKey(name))
            {
                _monitors[name] = Start(resource);
            }
        }

        return null;
    }

    public Task WaitForSyncAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_monitors.Values.Select(m => m.Informer.WaitForSyncAsync(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach (var monitor in _monitors.Values)
        {
            await StopAsync(monitor.Stop, monitor.Run);
        }

        _monitors.Clear();
    }

    // Events are many, short-lived and owned by nobody.
    private static bool IsCollectable(ResourceInfo resource) =>
        resource.Verbs.Contains("delete") && resource.Verbs.Contains("list") && resource.Verbs.Contains("watch")
        && resource is not { Resource: "events", Group: "" or "events.k8s.io" };

    private static async ValueTask StopAsync(CancellationTokenSource stop, Task run)
    {
        await stop.CancelAsync();
        await run;
        stop.Dispose();
    }

    private (ResourceInfo Resource, Informer<PartialObjectMetadata> Informer, CancellationTokenSource Stop, Task Run) Start(ResourceInfo resource)
    {
        var informer = new Informer<PartialObjectMetadata>(
            context.Client, resource, null, context.Time, context.NewRandom(), Microsoft.Extensions.Logging.LoggerFactoryExtensions.CreateLogger<ResourceMonitors>(context.Loggers));
        informer.AddHandler(added: o => graph.Put(resource, o), updated: (_, o) => graph.Put(resource, o), deleted: o => graph.Remove(o.Metadata.Uid));
        var stop = new CancellationTokenSource();
        return (resource, informer, stop, Task.Run(() => informer.RunAsync(stop.Token), CancellationToken.None));
    }
}
