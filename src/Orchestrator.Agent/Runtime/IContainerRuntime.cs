using Orchestrator.Protos.Cri;
using Container = Orchestrator.Protos.Cri.Container;
using ContainerStatus = Orchestrator.Protos.Cri.ContainerStatus;

namespace Orchestrator.Agent.Runtime;

/// <summary>The container runtime of the node: sandboxes, containers, images. The agent's only way to run anything.</summary>
/// <remarks>
/// The messages are CRI's own, so that an implementation over a CRI socket adds nothing, and a simulator needs no gRPC.
/// All operations may run at once. They fail with <see cref="Grpc.Core.RpcException"/>; stopping or removing what is gone succeeds.
/// </remarks>
public interface IContainerRuntime
{
    /// <summary>Name and version of the runtime.</summary>
    Task<VersionResponse> VersionAsync(CancellationToken cancellationToken);

    /// <summary>Whether runtime and network are ready.</summary>
    Task<StatusResponse> StatusAsync(CancellationToken cancellationToken);

    /// <summary>Makes a sandbox with its namespaces and its network; returns its id.</summary>
    Task<string> RunSandboxAsync(PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken);

    /// <summary>Kills what runs in a sandbox and takes down its network.</summary>
    Task StopSandboxAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>Removes a sandbox and all its containers.</summary>
    Task RemoveSandboxAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>The sandboxes that a filter names; all for null.</summary>
    Task<IReadOnlyList<PodSandbox>> ListSandboxesAsync(PodSandboxFilter? filter, CancellationToken cancellationToken);

    /// <summary>State and addresses of a sandbox.</summary>
    Task<PodSandboxStatus> SandboxStatusAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>Makes a container in a sandbox; returns its id.</summary>
    Task<string> CreateContainerAsync(string sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, CancellationToken cancellationToken);

    /// <summary>Starts a container that was created.</summary>
    Task StartContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Sends the stop signal and, after the grace period, kills.</summary>
    Task StopContainerAsync(string containerId, TimeSpan gracePeriod, CancellationToken cancellationToken);

    /// <summary>Removes a container; kills it if it runs.</summary>
    Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>The containers that a filter names; all for null.</summary>
    Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellationToken);

    /// <summary>The state of a container.</summary>
    Task<ContainerStatus> ContainerStatusAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>The state of a container and what the runtime says of it beyond CRI.</summary>
    Task<ContainerStatusResponse> ContainerStatusVerboseAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Changes the limits of a running container.</summary>
    Task UpdateContainerResourcesAsync(string containerId, LinuxContainerResources resources, CancellationToken cancellationToken);

    /// <summary>Has the runtime open the log file again, after it was renamed.</summary>
    Task ReopenContainerLogAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Runs a program in a container and waits for its end; fails with DeadlineExceeded after the timeout (zero for none).</summary>
    Task<ExecSyncResponse> ExecSyncAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Prepares a streamed exec; returns the address to connect to.</summary>
    Task<Uri> ExecAsync(ExecRequest request, CancellationToken cancellationToken);

    /// <summary>Prepares an attach; returns the address to connect to.</summary>
    Task<Uri> AttachAsync(AttachRequest request, CancellationToken cancellationToken);

    /// <summary>Prepares a port forward; returns the address to connect to.</summary>
    Task<Uri> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken);

    /// <summary>What the containers use.</summary>
    Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(CancellationToken cancellationToken);

    /// <summary>The images that are present.</summary>
    Task<IReadOnlyList<Image>> ListImagesAsync(CancellationToken cancellationToken);

    /// <summary>An image, or null if it is not present.</summary>
    Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellationToken);

    /// <summary>Pulls an image; returns its reference.</summary>
    Task<string> PullImageAsync(ImageSpec image, AuthConfig? auth, PodSandboxConfig? sandboxConfig, CancellationToken cancellationToken);

    /// <summary>Removes an image.</summary>
    Task RemoveImageAsync(ImageSpec image, CancellationToken cancellationToken);

    /// <summary>What the image file systems hold.</summary>
    Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellationToken);
}
