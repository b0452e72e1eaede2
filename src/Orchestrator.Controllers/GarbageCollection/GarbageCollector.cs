using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.GarbageCollection;

/// <summary>Deletes objects whose owners are gone, and carries out foreground and orphan deletion.</summary>
/// <remarks>
/// The graph says what to look at; before anything is deleted the server is asked, since watches of different resources are not in step.
/// An object goes when none of its owners exists (or all that do are being deleted in the foreground).
/// </remarks>
internal sealed partial class GarbageCollector : IController, IReconciler
{
    private const int Workers = 8;
    private static readonly TimeSpan DiscoveryPeriod = TimeSpan.FromSeconds(30);

    private readonly ControllerContext _context;
    private readonly WorkQueue<ObjectKey> _deletions;
    private readonly WorkQueue<ObjectKey> _orphanings;
    private readonly OwnershipGraph _graph;
    private readonly IInformer<CustomResourceDefinition> _definitions;
    private readonly SemaphoreSlim _resourcesChanged = new(0, 1);
    private readonly IEventRecorder _events;
    private readonly ILogger<GarbageCollector> _logger;
    private ResourceMonitors? _monitors;

    public GarbageCollector(ControllerContext context)
    {
        _context = context;
        _logger = context.Loggers.CreateLogger<GarbageCollector>();
        _deletions = new(context.Time);
        _orphanings = new(context.Time);

        // The queues' keys are UIDs.
        _graph = new(uid => _deletions.Add(new("", uid)), uid => _orphanings.Add(new("", uid)), ReportMisplaced);
        _events = context.Recorder("garbage-collector-controller");
        _definitions = context.Informers.Get<CustomResourceDefinition>();
        _definitions.OnChange(_ => NoteResourcesChanged());
    }

    public string Name => "garbage-collector-controller";

    private IClusterClient Client => _context.Client;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var monitors = new ResourceMonitors(_context, _graph);
        _monitors = monitors;
        while (await monitors.RefreshAsync(cancellationToken) is { } error)
        {
            LogDiscoveryFailed(error.Message);
            await Task.Delay(TimeSpan.FromSeconds(1), _context.Time, cancellationToken);
        }

        await monitors.WaitForSyncAsync(cancellationToken);
        await Task.WhenAll(
            new ReconcileLoop(Name, this, _deletions, _logger).RunAsync(Workers, cancellationToken),
            new ReconcileLoop(Name, new Orphaning(this), _orphanings, _logger).RunAsync(2, cancellationToken),
            FollowDiscoveryAsync(monitors, cancellationToken));
        _deletions.Dispose();
        _orphanings.Dispose();
    }

    public async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_graph.View(key.Name) is not { } node || (node.IsBeingDeleted && !node.IsDeletingDependents))
        {
            return ReconcileResult.Done;
        }

        var resource = node.Resource;
        if (resource is null)
        {
            resource = _monitors!.Find(node.Reference!.ApiVersion, node.Reference.Kind);
            if (resource is null)
            {
                // Unknown kinds may become known; until then their dependents stay.
                return ReconcileResult.RevisitAfter(DiscoveryPeriod);
            }
        }

        var path = PathOf(resource, node.Key);
        var answer = await Client.GetAsync<PartialObjectMetadata>(path, null, cancellationToken);
        if (answer.IsNotFound || (answer.IsOk && answer.Value.Metadata.Uid != node.Uid))
        {
            // Gone: its watch will say so, or, if nobody ever saw it, this is all there is to know.
            _graph.Remove(node.Uid);
            return ReconcileResult.Done;
        }

        if (!answer.IsOk)
        {
            return answer.Error;
        }

        var latest = answer.Value;
        if (node.IsVirtual)
        {
            // It exists; its watch will show it before long.
            return ReconcileResult.RevisitAfter(TimeSpan.FromSeconds(5));
        }

        if (latest.IsBeingDeleted && latest.Metadata.Finalizers.Contains(OwnershipGraph.ForegroundFinalizer))
        {
            return await FinishForegroundAsync(path, latest, node, cancellationToken);
        }

        return await DeleteIfUnownedAsync(path, latest, node, cancellationToken);
    }

    /// <summary>An object will go because its owner is in another namespace: tell people, whom this always surprises.</summary>
    private void ReportMisplaced(GraphNode node, OwnerReference owner)
    {
        if (node.Resource is not { } resource)
        {
            return;
        }

        var ns = resource.Namespaced ? node.Key.Namespace : "";
        _events.Record(
            new() { ApiVersion = resource.ApiVersion, Kind = resource.Kind, Namespace = ns, Name = node.Key.Name, Uid = node.Uid },
            "Warning",
            "OwnerRefInvalidNamespace",
            $"ownerRef [{owner.ApiVersion}/{owner.Kind}, namespace: {ns}, name: {owner.Name}, uid: {owner.Uid}] does not exist in namespace \"{ns}\"");
    }

    private static ResourcePath PathOf(ResourceInfo resource, ObjectKey key) => new(resource, resource.Namespaced ? key.Namespace : "", key.Name);

    private static Patch MetadataPatch(PartialObjectMetadata latest, string field, object? value) => Patch.Merge(ApiMap<object?>.Empty.With(
        "metadata",
        ApiMap<object?>.Empty.With("uid", latest.Metadata.Uid).With("resourceVersion", latest.Metadata.ResourceVersion).With(field, value)));

    private async ValueTask<ReconcileResult> DeleteIfUnownedAsync(ResourcePath path, PartialObjectMetadata latest, GraphView node, CancellationToken cancellationToken)
    {
        var owners = latest.Metadata.OwnerReferences;
        if (owners.Count == 0 || latest.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        var solid = new List<OwnerReference>();
        var waiting = 0;
        foreach (var owner in owners)
        {
            var (state, error) = await StateOfAsync(owner, path, cancellationToken);
            if (error is not null)
            {
                return error;
            }

            if (state == OwnerState.Solid)
            {
                solid.Add(owner);
            }
            else if (state == OwnerState.WaitsForDependents)
            {
                waiting++;
            }
        }

        if (solid.Count == owners.Count)
        {
            return ReconcileResult.Done;
        }

        if (solid.Count > 0)
        {
            // Somebody still wants it: only the dead references go, so that a foreground deletion does not wait for it.
            var patched = await Client.PatchAsync<PartialObjectMetadata>(
                path, MetadataPatch(latest, "ownerReferences", solid.Select(static o => (object?)o).ToApiList()), null, cancellationToken);
            return patched.IsOk || patched.IsNotFound ? ReconcileResult.Done : patched.Error;
        }

        if (waiting > 0 && node.Dependents.Any(static d => d.IsDeletingDependents))
        {
            // Owners in a circle would wait for each other for ever: this one stops holding up its own.
            var unblocked = owners.Select(static o => (object?)(o.BlockOwnerDeletion == true ? o with { BlockOwnerDeletion = false } : o)).ToApiList();
            var patched = await Client.PatchAsync<PartialObjectMetadata>(path, MetadataPatch(latest, "ownerReferences", unblocked), null, cancellationToken);
            if (!patched.IsOk)
            {
                return patched.IsNotFound ? ReconcileResult.Done : patched.Error;
            }

            latest = patched.Value;
        }

        var policy = waiting > 0 && node.Dependents.Count > 0 ? "Foreground"
            : latest.Metadata.Finalizers.Contains(OwnershipGraph.OrphanFinalizer) ? "Orphan"
            : latest.Metadata.Finalizers.Contains(OwnershipGraph.ForegroundFinalizer) ? "Foreground"
            : "Background";
        var deleted = await Client.DeleteAsync(
            path,
            new() { PropagationPolicy = policy, Preconditions = new() { Uid = latest.Metadata.Uid, ResourceVersion = latest.Metadata.ResourceVersion } },
            cancellationToken);
        if (deleted.IsOk)
        {
            LogDeleted(path.ToString(), policy);
        }

        return deleted.IsOk || deleted.IsNotFound ? ReconcileResult.Done : deleted.Error;
    }

    private async ValueTask<(OwnerState State, Status? Error)> StateOfAsync(OwnerReference owner, ResourcePath dependent, CancellationToken cancellationToken)
    {
        if (_graph.View(owner.Uid) is { IsVirtual: false, Resource: { } known } seen
            && (!known.Namespaced || seen.Key.Namespace == dependent.Namespace)
            && GraphNode.Names(owner, known, seen.Key.Name))
        {
            return (seen.IsDeletingDependents ? OwnerState.WaitsForDependents : OwnerState.Solid, null);
        }

        if (_monitors!.Find(owner.ApiVersion, owner.Kind) is not { } resource)
        {
            // Never delete because of a kind that nobody knows: it may be served again.
            return (OwnerState.Solid, null);
        }

        if (resource.Namespaced && dependent.Namespace.Length == 0)
        {
            // A cluster-scoped object cannot be owned by a namespaced one; left alone, as upstream does.
            return (OwnerState.Solid, null);
        }

        var answer = await Client.GetAsync<PartialObjectMetadata>(PathOf(resource, new(dependent.Namespace, owner.Name)), null, cancellationToken);
        if (answer.IsNotFound || (answer.IsOk && answer.Value.Metadata.Uid != owner.Uid))
        {
            return (OwnerState.Absent, null);
        }

        if (!answer.IsOk)
        {
            return (OwnerState.Solid, answer.Error);
        }

        var waits = answer.Value.IsBeingDeleted && answer.Value.Metadata.Finalizers.Contains(OwnershipGraph.ForegroundFinalizer);
        return (waits ? OwnerState.WaitsForDependents : OwnerState.Solid, null);
    }

    private async ValueTask<ReconcileResult> FinishForegroundAsync(ResourcePath path, PartialObjectMetadata latest, GraphView node, CancellationToken cancellationToken)
    {
        var blocking = node.Dependents.Where(static d => d.BlocksOwner).ToList();
        if (blocking.Count == 0)
        {
            return await RemoveFinalizerAsync(path, latest, OwnershipGraph.ForegroundFinalizer, cancellationToken);
        }

        foreach (var dependent in blocking)
        {
            if (!dependent.IsDeletingDependents)
            {
                _deletions.Add(new("", dependent.Uid));
            }
        }

        return ReconcileResult.Done;
    }

    private async ValueTask<ReconcileResult> OrphanAsync(string uid, CancellationToken cancellationToken)
    {
        if (_graph.View(uid) is not { Resource: { } resource } node)
        {
            return ReconcileResult.Done;
        }

        foreach (var dependent in node.Dependents)
        {
            if (dependent.Resource is null)
            {
                continue;
            }

            var dependentPath = PathOf(dependent.Resource, dependent.Key);
            var found = await Client.GetAsync<PartialObjectMetadata>(dependentPath, null, cancellationToken);
            if (found.IsNotFound)
            {
                continue;
            }

            if (!found.IsOk)
            {
                return found.Error;
            }

            var others = found.Value.Metadata.OwnerReferences.Where(o => o.Uid != uid).Select(static o => (object?)o).ToApiList();
            if (others.Count == found.Value.Metadata.OwnerReferences.Count)
            {
                continue;
            }

            var cut = await Client.PatchAsync<PartialObjectMetadata>(
                dependentPath, MetadataPatch(found.Value, "ownerReferences", others.Count == 0 ? null : others), null, cancellationToken);
            if (!cut.IsOk && !cut.IsNotFound)
            {
                return cut.Error;
            }
        }

        var path = PathOf(resource, node.Key);
        var owner = await Client.GetAsync<PartialObjectMetadata>(path, null, cancellationToken);
        return owner.IsNotFound || (owner.IsOk && owner.Value.Metadata.Uid != uid) ? ReconcileResult.Done
            : owner.IsOk ? await RemoveFinalizerAsync(path, owner.Value, OwnershipGraph.OrphanFinalizer, cancellationToken)
            : owner.Error;
    }

    private async ValueTask<ReconcileResult> RemoveFinalizerAsync(ResourcePath path, PartialObjectMetadata latest, string finalizer, CancellationToken cancellationToken)
    {
        var left = latest.Metadata.Finalizers.Where(f => f != finalizer).Select(static f => (object?)f).ToApiList();
        if (left.Count == latest.Metadata.Finalizers.Count)
        {
            return ReconcileResult.Done;
        }

        var patched = await Client.PatchAsync<PartialObjectMetadata>(path, MetadataPatch(latest, "finalizers", left.Count == 0 ? null : left), null, cancellationToken);
        return patched.IsOk || patched.IsNotFound ? ReconcileResult.Done : patched.Error;
    }

    private async Task FollowDiscoveryAsync(ResourceMonitors monitors, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // A new definition is served a moment after it is established, hence the second look.
                if (await WaitForChangeAsync(cancellationToken))
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), _context.Time, cancellationToken);
                }

                if (await monitors.RefreshAsync(cancellationToken) is { } error)
                {
                    LogDiscoveryFailed(error.Message);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shut down.
        }
    }

    private async Task<bool> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        using var period = new CancellationTokenSource(DiscoveryPeriod, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, period.Token);
        try
        {
            await _resourcesChanged.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void NoteResourcesChanged()
    {
        // Informers call one at a time, so nobody else can release in between.
        if (_resourcesChanged.CurrentCount == 0)
        {
            _resourcesChanged.Release();
        }
    }

    [LoggerMessage(LogLevel.Debug, "Deleted {Path} ({Policy}): its owners are gone")]
    private partial void LogDeleted(string path, string policy);

    [LoggerMessage(LogLevel.Warning, "The garbage collector could not ask for the resources: {Reason}")]
    private partial void LogDiscoveryFailed(string reason);

    private enum OwnerState
    {
        Solid,
        WaitsForDependents,
        Absent,
    }

    private sealed class Orphaning(GarbageCollector collector) : IReconciler
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => collector.OrphanAsync(key.Name, cancellationToken);
    }
}
