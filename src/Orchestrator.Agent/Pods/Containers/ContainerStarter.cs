using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.Volumes;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Starts containers: back-off, image, configuration, creation, start, hook; each step with its event.</summary>
internal sealed partial class ContainerStarter(
    IContainerRuntime runtime,
    ImageManager images,
    ContainerConfigBuilder configs,
    ContainerKiller killer,
    LifecycleHooks hooks,
    PodPaths paths,
    IPodEvents events,
    NodeAgentOptions options,
    TimeProvider time,
    ILogger<ContainerStarter> logger)
{
    // What a definition needs may be made at any moment; nobody tells us.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly Backoff _backoff = new(options.RestartBackoffInitial, options.RestartBackoffLimit, time);

    /// <summary>Starts a container of a pod, unless it has to wait.</summary>
    public async Task<StartResult> StartAsync(
        Pod pod,
        Container container,
        RuntimePod runtimePod,
        string sandboxId,
        Cri.PodSandboxConfig sandboxConfig,
        IReadOnlyDictionary<string, MountedVolume> volumes,
        IReadOnlyList<string> addresses,
        Cri.RuntimeHandlerFeatures handler,
        CancellationToken cancellationToken)
    {
        var last = runtimePod.Find(container.Name);
        if (InBackoff(pod, container, last) is { } waiting)
        {
            return waiting;
        }

        Cri.Image image;
        try
        {
            image = await images.EnsureAsync(pod, container.Name, container.Image, container.ImagePullPolicy, cancellationToken);
            if (container.VolumeMounts.Select(m => volumes.GetValueOrDefault(m.Name)?.Missing).FirstOrDefault(e => e is not null) is { } missing)
            {
                throw missing;
            }
        }
        catch (ImageException e)
        {
            events.Emit(pod, container.Name, "Warning", "Failed", $"Error: {e.Reason}");
            return new StartResult(e.Reason, e.Message, e.RetryAfter);
        }

        Cri.ContainerConfig config;
        try
        {
            config = await configs.BuildAsync(
                new ContainerStart
                {
                    Pod = pod,
                    Container = container,
                    Image = image,
                    RestartCount = RestartCount(pod, container, last),
                    PodAddresses = addresses,
                    Volumes = volumes,
                    Handler = handler,
                    TargetContainerId = Target(pod, container, runtimePod),
                },
                cancellationToken);
        }
        catch (ContainerConfigException e)
        {
            return Failed(pod, container, "CreateContainerConfigError", e.Message);
        }

        string id;
        try
        {
            id = await runtime.CreateContainerAsync(sandboxId, config, sandboxConfig, cancellationToken);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(pod, container, "CreateContainerError", e.Status.Detail);
        }

        events.Emit(pod, container.Name, "Normal", "Created", "Container created");
        try
        {
            await runtime.StartContainerAsync(id, cancellationToken);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(pod, container, "RunContainerError", e.Status.Detail);
        }

        events.Emit(pod, container.Name, "Normal", "Started", "Container started");
        if (container.Lifecycle?.PostStart is { } postStart
            && await hooks.RunAsync(pod, container, id, postStart, addresses.Count > 0 ? addresses[0] : null, cancellationToken) is { } failure)
        {
            LogPostStartFailed(pod.Text, container.Name, failure);
            events.Emit(pod, container.Name, "Warning", "FailedPostStartHook", "PostStartHook failed");
            var running = new RuntimeContainer(await runtime.ContainerStatusAsync(id, cancellationToken), sandboxId, null);
            await killer.KillAsync(
                pod, new(running, container, "FailedPostStartHook", KillReason.Other), graceOverride: null, addresses.FirstOrDefault(), turn: null, cancellationToken);
            return new StartResult("PostStartHookError", "PostStartHook failed", TimeSpan.Zero);
        }

        return StartResult.Started;
    }

    /// <summary>Forgets the back-off of a pod.</summary>
    public void Forget(Pod pod) => _backoff.Forget(pod.Metadata.Uid);

    private StartResult? InBackoff(Pod pod, Container container, RuntimeContainer? last)
    {
        if (last is not { IsExited: true, FinishedAt: { } finishedAt })
        {
            return null;
        }

        var key = $"{pod.Metadata.Uid}/{container.Name}/{container.DefinitionHash}";
        var remaining = _backoff.Remaining(key, finishedAt);
        if (remaining > TimeSpan.Zero)
        {
            events.Emit(pod, container.Name, "Warning", "BackOff", $"Back-off restarting failed container {container.Name} in pod {pod.Text}");
            return new StartResult(
                "CrashLoopBackOff",
                $"back-off {GoDuration.Format(_backoff.Get(key))} restarting failed container={container.Name} pod={pod.Text}",
                remaining);
        }

        _backoff.Next(key);
        return null;
    }

    private StartResult Failed(Pod pod, Container container, string reason, string message)
    {
        events.Emit(pod, container.Name, "Warning", "Failed", $"Error: {message}");

        // A container that was made and did not start counts as ended: its back-off paces the next try.
        return new StartResult(reason, message, reason == "RunContainerError" ? TimeSpan.Zero : RetryDelay);
    }

    private int RestartCount(Pod pod, Container container, RuntimeContainer? last)
    {
        if (last is not null)
        {
            return last.RestartCount + 1;
        }

        // The runtime may have lost the container (a reboot, a restart of all); its logs still tell how many runs there were.
        var logs = Path.Combine(paths.LogFolder(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid), container.Name);
        if (!Directory.Exists(logs))
        {
            return 0;
        }

        var highest = -1;
        foreach (var file in Directory.EnumerateFiles(logs, "*.log*"))
        {
            var name = Path.GetFileName(file);
            if (int.TryParse(name.AsSpan(0, name.IndexOf('.')), out var run))
            {
                highest = Math.Max(highest, run);
            }
        }

        return highest + 1;
    }

    private static string Target(Pod pod, Container container, RuntimePod runtimePod)
    {
        var target = pod.Spec.EphemeralContainers.FirstOrDefault(e => e.Name == container.Name)?.TargetContainerName;
        return string.IsNullOrEmpty(target) ? "" : runtimePod.Find(target)?.Id ?? "";
    }

    [LoggerMessage(5211, LogLevel.Warning, "The postStart hook of {Container} in {Pod} failed: {Reason}")]
    private partial void LogPostStartFailed(string pod, string container, string reason);
}
