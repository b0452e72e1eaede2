using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Grpc;
using Orchestrator.Protos.Cri;
using Container = Orchestrator.Protos.Cri.Container;
using ContainerStatus = Orchestrator.Protos.Cri.ContainerStatus;

namespace Orchestrator.Agent.Runtime;

/// <summary>A runtime behind a CRI v1 socket.</summary>
internal sealed class CriRuntime : IContainerRuntime, IDisposable
{
    // The kubelet's: a call that changes the node may take two minutes, a pull as long as its progress says.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PullTimeout = TimeSpan.FromHours(1);

    private readonly GrpcChannel _channel;
    private readonly RuntimeService.RuntimeServiceClient _runtime;
    private readonly ImageService.ImageServiceClient _images;
    private readonly TimeProvider _time;

    public CriRuntime(string endpoint, TimeProvider time)
    {
        _time = time;
        _channel = GrpcChannels.Create(endpoint);
        _runtime = new(_channel);
        _images = new(_channel);
    }

    public async Task<VersionResponse> VersionAsync(CancellationToken cancellationToken) =>
        await _runtime.VersionAsync(new VersionRequest { Version = "0.1.0" }, Options(cancellationToken));

    public async Task<StatusResponse> StatusAsync(CancellationToken cancellationToken) =>
        await _runtime.StatusAsync(new StatusRequest(), Options(cancellationToken));

    public async Task<string> RunSandboxAsync(PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken) =>
        (await _runtime.RunPodSandboxAsync(
            new RunPodSandboxRequest { Config = config, RuntimeHandler = runtimeHandler }, Options(cancellationToken, 2 * CallTimeout))).PodSandboxId;

    public async Task StopSandboxAsync(string sandboxId, CancellationToken cancellationToken) =>
        await _runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandboxId }, Options(cancellationToken));

    public async Task RemoveSandboxAsync(string sandboxId, CancellationToken cancellationToken) =>
        await _runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandboxId }, Options(cancellationToken));

    public async Task<IReadOnlyList<PodSandbox>> ListSandboxesAsync(PodSandboxFilter? filter, CancellationToken cancellationToken) =>
        (await _runtime.ListPodSandboxAsync(new ListPodSandboxRequest { Filter = filter }, Options(cancellationToken))).Items;

    public async Task<PodSandboxStatus> SandboxStatusAsync(string sandboxId, CancellationToken cancellationToken) =>
        (await _runtime.PodSandboxStatusAsync(new PodSandboxStatusRequest { PodSandboxId = sandboxId }, Options(cancellationToken))).Status;

    public async Task<string> CreateContainerAsync(string sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, CancellationToken cancellationToken) =>
        (await _runtime.CreateContainerAsync(
            new CreateContainerRequest { PodSandboxId = sandboxId, Config = config, SandboxConfig = sandboxConfig }, Options(cancellationToken))).ContainerId;

    public async Task StartContainerAsync(string containerId, CancellationToken cancellationToken) =>
        await _runtime.StartContainerAsync(new StartContainerRequest { ContainerId = containerId }, Options(cancellationToken));

    public async Task StopContainerAsync(string containerId, TimeSpan gracePeriod, CancellationToken cancellationToken) =>
        await _runtime.StopContainerAsync(
            new StopContainerRequest { ContainerId = containerId, Timeout = (long)Math.Ceiling(gracePeriod.TotalSeconds) },
            Options(cancellationToken, gracePeriod + CallTimeout));

    public async Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) =>
        await _runtime.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = containerId }, Options(cancellationToken));

    public async Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellationToken) =>
        (await _runtime.ListContainersAsync(new ListContainersRequest { Filter = filter }, Options(cancellationToken))).Containers;

    public async Task<ContainerStatus> ContainerStatusAsync(string containerId, CancellationToken cancellationToken) =>
        (await _runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = containerId }, Options(cancellationToken))).Status;

    public async Task<ContainerStatusResponse> ContainerStatusVerboseAsync(string containerId, CancellationToken cancellationToken) =>
        await _runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = containerId, Verbose = true }, Options(cancellationToken));

    public async Task UpdateContainerResourcesAsync(string containerId, LinuxContainerResources resources, CancellationToken cancellationToken) =>
        await _runtime.UpdateContainerResourcesAsync(
            new UpdateContainerResourcesRequest { ContainerId = containerId, Linux = resources }, Options(cancellationToken));

    public async Task ReopenContainerLogAsync(string containerId, CancellationToken cancellationToken) =>
        await _runtime.ReopenContainerLogAsync(new ReopenContainerLogRequest { ContainerId = containerId }, Options(cancellationToken));

    public async Task<ExecSyncResponse> ExecSyncAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        await _runtime.ExecSyncAsync(
            new ExecSyncRequest { ContainerId = containerId, Cmd = { command }, Timeout = (long)Math.Ceiling(timeout.TotalSeconds) },
            timeout == TimeSpan.Zero ? new CallOptions(cancellationToken: cancellationToken) : Options(cancellationToken, timeout + CallTimeout));

    public async Task<Uri> ExecAsync(ExecRequest request, CancellationToken cancellationToken) =>
        new((await _runtime.ExecAsync(request, Options(cancellationToken))).Url);

    public async Task<Uri> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        new((await _runtime.AttachAsync(request, Options(cancellationToken))).Url);

    public async Task<Uri> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken) =>
        new((await _runtime.PortForwardAsync(request, Options(cancellationToken))).Url);

    public async Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(CancellationToken cancellationToken) =>
        (await _runtime.ListContainerStatsAsync(new ListContainerStatsRequest(), Options(cancellationToken))).Stats;

    public async Task<IReadOnlyList<Image>> ListImagesAsync(CancellationToken cancellationToken) =>
        (await _images.ListImagesAsync(new ListImagesRequest(), Options(cancellationToken))).Images;

    public async Task<Image?> ImageStatusAsync(ImageSpec image, CancellationToken cancellationToken) =>
        (await _images.ImageStatusAsync(new ImageStatusRequest { Image = image }, Options(cancellationToken))).Image;

    public async Task<string> PullImageAsync(ImageSpec image, AuthConfig? auth, PodSandboxConfig? sandboxConfig, CancellationToken cancellationToken) =>
        (await _images.PullImageAsync(
            new PullImageRequest { Image = image, Auth = auth, SandboxConfig = sandboxConfig }, Options(cancellationToken, PullTimeout))).ImageRef;

    public async Task RemoveImageAsync(ImageSpec image, CancellationToken cancellationToken) =>
        await _images.RemoveImageAsync(new RemoveImageRequest { Image = image }, Options(cancellationToken));

    public async Task<ImageFsInfoResponse> ImageFsInfoAsync(CancellationToken cancellationToken) =>
        await _images.ImageFsInfoAsync(new ImageFsInfoRequest(), Options(cancellationToken));

    public void Dispose() => _channel.Dispose();

    private CallOptions Options(CancellationToken cancellationToken, TimeSpan? timeout = null) =>
        new(deadline: _time.GetUtcNow().UtcDateTime + (timeout ?? CallTimeout), cancellationToken: cancellationToken);
}
