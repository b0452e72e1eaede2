using Orchestrator.Agent.Volumes;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Coordination.V1;

namespace Orchestrator.Agent.Pods;

/// <summary>What the agent asks of the cluster. Absence is null; everything else that fails throws.</summary>
internal interface INodeApi
{
    /// <summary>A pod as it is now, or null.</summary>
    Task<Pod?> GetPodAsync(string @namespace, string name, CancellationToken cancellationToken);

    /// <summary>Writes the status of a pod.</summary>
    /// <returns>The pod as stored; null if it is gone or another one has its name.</returns>
    Task<Pod?> UpdatePodStatusAsync(Pod pod, PodStatus status, CancellationToken cancellationToken);

    /// <summary>Makes a pod.</summary>
    Task<Pod> CreatePodAsync(Pod pod, CancellationToken cancellationToken);

    /// <summary>Removes a pod whose containers have ended: DELETE with grace period 0, of this uid only.</summary>
    Task DeletePodAsync(Pod pod, CancellationToken cancellationToken);

    /// <summary>A ConfigMap, or null.</summary>
    Task<ConfigMap?> GetConfigMapAsync(string @namespace, string name, CancellationToken cancellationToken);

    /// <summary>A Secret, or null.</summary>
    Task<Secret?> GetSecretAsync(string @namespace, string name, CancellationToken cancellationToken);

    /// <summary>A claim, or null.</summary>
    Task<PersistentVolumeClaim?> GetClaimAsync(string @namespace, string name, CancellationToken cancellationToken);

    /// <summary>A claim for devices, or null.</summary>
    Task<Api.Resources.V1.ResourceClaim?> GetDeviceClaimAsync(string @namespace, string name, CancellationToken cancellationToken);

    /// <summary>A volume, or null.</summary>
    Task<PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken);

    /// <summary>A token of a service account, bound as the request says.</summary>
    Task<TokenRequest> CreateTokenAsync(string @namespace, string serviceAccount, TokenRequest request, CancellationToken cancellationToken);

    /// <summary>The runtime handler of a RuntimeClass, or null if there is no such class.</summary>
    Task<string?> GetRuntimeHandlerAsync(string runtimeClass, CancellationToken cancellationToken);

    /// <summary>All services, for the environment of containers.</summary>
    IEnumerable<Service> Services { get; }

    /// <summary>The node's object, or null.</summary>
    Task<Node?> GetNodeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Makes the node's object; null if it exists.</summary>
    Task<Node?> CreateNodeAsync(Node node, CancellationToken cancellationToken);

    /// <summary>Writes the node's labels, annotations and taints; null on conflict.</summary>
    Task<Node?> UpdateNodeAsync(Node node, CancellationToken cancellationToken);

    /// <summary>Writes the node's status; null on conflict or absence.</summary>
    Task<Node?> UpdateNodeStatusAsync(Node node, CancellationToken cancellationToken);

    /// <summary>The node's lease, or null.</summary>
    Task<Lease?> GetLeaseAsync(string @namespace, string name, CancellationToken cancellationToken);

    /// <summary>Makes or renews the node's lease; null on conflict.</summary>
    Task<Lease?> PutLeaseAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>Tells of each change of one object from now on; ends or throws when the watch is lost.</summary>
    Task WatchObjectAsync(ObjectReferenceKey key, Action onChange, CancellationToken cancellationToken);

    /// <summary>The pods of this node and their changes; a list first, then each change. A null pod in <paramref name="onChange"/> means gone.</summary>
    Task WatchPodsAsync(string nodeName, Action<PodChange> onChange, CancellationToken cancellationToken);
}
