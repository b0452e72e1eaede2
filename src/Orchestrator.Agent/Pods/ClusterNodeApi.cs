using Orchestrator.Agent.Volumes;
using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.Client;

namespace Orchestrator.Agent.Pods;

/// <summary>The cluster through the client.</summary>
internal sealed class ClusterNodeApi(IClusterClient client, IInformerFactory informers) : INodeApi
{
    private const int ConflictRetries = 5;

    private readonly IInformer<Service> _services = informers.Get<Service>();

    public IEnumerable<Service> Services => _services.List();

    public async Task<Pod?> GetPodAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<Pod>(@namespace, name, cancellationToken));

    public async Task<Pod?> UpdatePodStatusAsync(Pod pod, PodStatus status, CancellationToken cancellationToken)
    {
        var current = pod;
        for (var i = 0; ; i++)
        {
            var result = await client.UpdateStatusAsync(current with { Status = Merge(current.Status, status) }, cancellationToken);
            if (result.IsOk)
            {
                return result.Value;
            }

            if (result.IsNotFound)
            {
                return null;
            }

            if (!result.IsConflict || i == ConflictRetries)
            {
                throw new ApiStatusException(result.Error);
            }

            // Somebody else has written meanwhile: their part stays, ours is put on top.
            if (await GetPodAsync(pod.Metadata.Namespace, pod.Metadata.Name, cancellationToken) is not { } fresh || fresh.Metadata.Uid != pod.Metadata.Uid)
            {
                return null;
            }

            current = fresh;
        }
    }

    public async Task<Pod> CreatePodAsync(Pod pod, CancellationToken cancellationToken) => (await client.CreateAsync(pod, cancellationToken)).Value;

    public async Task DeletePodAsync(Pod pod, CancellationToken cancellationToken)
    {
        var result = await client.DeleteAsync<Pod>(
            pod.Key, new() { GracePeriodSeconds = 0, Preconditions = new() { Uid = pod.Metadata.Uid } }, cancellationToken);
        if (!result.IsOk && !result.IsNotFound && !result.IsConflict)
        {
            throw new ApiStatusException(result.Error);
        }
    }

    public async Task<ConfigMap?> GetConfigMapAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<ConfigMap>(@namespace, name, cancellationToken));

    public async Task<Secret?> GetSecretAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<Secret>(@namespace, name, cancellationToken));

    public async Task<PersistentVolumeClaim?> GetClaimAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<PersistentVolumeClaim>(@namespace, name, cancellationToken));

    public async Task<Api.Resources.V1.ResourceClaim?> GetDeviceClaimAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<Api.Resources.V1.ResourceClaim>(@namespace, name, cancellationToken));

    public async Task<PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<PersistentVolume>("", name, cancellationToken));

    public async Task<TokenRequest> CreateTokenAsync(string @namespace, string serviceAccount, TokenRequest request, CancellationToken cancellationToken) =>
        (await client.RequestTokenAsync(new ObjectKey(@namespace, serviceAccount), request.Spec, cancellationToken)).Value;

    public async Task<string?> GetRuntimeHandlerAsync(string runtimeClass, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<RuntimeClass>("", runtimeClass, cancellationToken))?.Handler;

    public async Task<Node?> GetNodeAsync(string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<Node>("", name, cancellationToken));

    public async Task<Node?> CreateNodeAsync(Node node, CancellationToken cancellationToken)
    {
        var result = await client.CreateAsync(node, cancellationToken);
        return result.IsAlreadyExists ? null : result.Value;
    }

    public async Task<Node?> UpdateNodeAsync(Node node, CancellationToken cancellationToken)
    {
        var result = await client.UpdateAsync(node, cancellationToken);
        return result.IsConflict || result.IsNotFound ? null : result.Value;
    }

    public async Task<Node?> UpdateNodeStatusAsync(Node node, CancellationToken cancellationToken)
    {
        var result = await client.UpdateStatusAsync(node, cancellationToken);
        return result.IsConflict || result.IsNotFound ? null : result.Value;
    }

    public async Task<Lease?> GetLeaseAsync(string @namespace, string name, CancellationToken cancellationToken) =>
        OrNull(await client.GetAsync<Lease>(@namespace, name, cancellationToken));

    public async Task<Lease?> PutLeaseAsync(Lease lease, CancellationToken cancellationToken)
    {
        var result = lease.Metadata.ResourceVersion.Length == 0
            ? await client.CreateAsync(lease, cancellationToken)
            : await client.UpdateAsync(lease, cancellationToken);
        return result.IsConflict || result.IsAlreadyExists || result.IsNotFound ? null : result.Value;
    }

    public async Task WatchPodsAsync(string nodeName, Action<PodChange> onChange, CancellationToken cancellationToken)
    {
        var pods = informers.Get<Pod>(new InformerOptions { FieldSelector = $"spec.nodeName={nodeName}" });
        informers.Start();

        // A container's environment names the services: without them its first run would differ from all others.
        await _services.WaitForSyncAsync(cancellationToken);
        using var registration = pods.AddHandler(
            pod => onChange(new(pod, IsGone: false)),
            (_, pod) => onChange(new(pod, IsGone: false)),
            pod => onChange(new(pod, IsGone: true)));
        await pods.WaitForSyncAsync(cancellationToken);
        onChange(PodChange.Synced);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    public Task WatchObjectAsync(ObjectReferenceKey key, Action onChange, CancellationToken cancellationToken) => key.Kind switch
    {
        ObjectReferenceKind.ConfigMap => WatchObjectAsync<ConfigMap>(key, onChange, cancellationToken),
        _ => WatchObjectAsync<Secret>(key, onChange, cancellationToken),
    };

    private async Task WatchObjectAsync<T>(ObjectReferenceKey key, Action onChange, CancellationToken cancellationToken)
        where T : ApiObject, IResourceObject<T>
    {
        // A node may watch the objects that its pods name one by one, and no collections.
        var collection = new ResourcePath(T.Resource, key.Namespace);
        var selection = new Api.Meta.V1.ListOptions { FieldSelector = $"metadata.name={key.Name}" };
        var listed = (await client.ListAsync<T>(collection, selection, cancellationToken)).Value;

        // What the pod's files were made of may be older than the list by the time of a request.
        onChange();
        await foreach (var change in client.WatchAsync<T>(collection, selection with { ResourceVersion = listed.ResourceVersion }, cancellationToken))
        {
            if (change.Type is WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted)
            {
                onChange();
            }
        }
    }

    /// <summary>Ours over what is there; conditions that others set in the meantime stay as they are there.</summary>
    private static PodStatus Merge(PodStatus there, PodStatus ours)
    {
        var own = ours.Conditions.Where(c => Status.PodStatusBuilder.IsOwn(c.Type) || c is { Type: Status.PodStatusBuilder.Disrupted, Reason: Status.PodStatusBuilder.TerminatedHere }).ToList();
        return ours with
        {
            Conditions = [.. own, .. there.Conditions.Where(c => !Status.PodStatusBuilder.IsOwn(c.Type) && own.All(o => o.Type != c.Type))],
            NominatedNodeName = there.NominatedNodeName,
            ResourceClaimStatuses = there.ResourceClaimStatuses,
        };
    }

    private static T? OrNull<T>(ApiResult<T> result)
        where T : class => result.IsNotFound ? null : result.Value;
}
