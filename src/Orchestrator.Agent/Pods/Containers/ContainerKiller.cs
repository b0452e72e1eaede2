using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Runtime;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Stops containers: hook, signal, grace period, kill.</summary>
internal sealed partial class ContainerKiller(
    IContainerRuntime runtime, LifecycleHooks hooks, IPodEvents events, TimeProvider time, ILogger<ContainerKiller> logger)
{
    // Everybody gets the chance to hear the signal before the kill.
    private static readonly TimeSpan GraceMin = TimeSpan.FromSeconds(2);

    /// <summary>Stops one container.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="kill">What and why.</param>
    /// <param name="graceOverride">The grace period, if it is not the pod's.</param>
    /// <param name="podAddress">Where http hooks go.</param>
    /// <param name="turn">What must have ended before this container gets its signal; null for nothing.</param>
    /// <param name="cancellationToken">Ends the waiting; the container goes on.</param>
    public Task KillAsync(
        Pod pod, ContainerKill kill, TimeSpan? graceOverride, string? podAddress, Task? turn, CancellationToken cancellationToken)
    {
        Announce(pod, kill);
        return StopAsync(pod, kill, graceOverride, podAddress, turn, cancellationToken);
    }

    private void Announce(Pod pod, ContainerKill kill)
    {
        if (kill.Container is not null)
        {
            events.Emit(pod, kill.Running.Name, "Normal", "Killing", kill.Message ?? $"Stopping container {kill.Running.Name}");
        }
    }

    private async Task StopAsync(
        Pod pod, ContainerKill kill, TimeSpan? graceOverride, string? podAddress, Task? turn, CancellationToken cancellationToken)
    {
        var grace = graceOverride ?? GracePeriod(pod, kill);
        var started = time.GetTimestamp();
        if (kill.Container is { Lifecycle.PreStop: { } preStop } container && grace > TimeSpan.Zero)
        {
            await RunPreStopAsync(pod, container, kill.Running.Id, preStop, grace, podAddress, cancellationToken);
        }

        if (turn is not null && !turn.IsCompleted)
        {
            var left = grace - time.GetElapsedTime(started);
            if (left > TimeSpan.Zero)
            {
                await Task.WhenAny(turn, Task.Delay(left, time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        var remaining = grace - TimeSpan.FromSeconds(Math.Floor(time.GetElapsedTime(started).TotalSeconds));
        try
        {
            await runtime.StopContainerAsync(kill.Running.Id, remaining < GraceMin ? GraceMin : remaining, cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            LogGone(kill.Running.Id);
        }
    }

    /// <summary>Stops all running containers of a pod: the containers first, then the sidecars, last to first.</summary>
    public async Task KillAllAsync(Pod pod, RuntimePod runtimePod, TimeSpan? graceOverride, string? message, CancellationToken cancellationToken)
    {
        var address = runtimePod.Addresses.Count > 0 ? runtimePod.Addresses[0] : null;
        var running = runtimePod.Containers.Where(c => c.IsRunning || c.State == Cri.ContainerState.ContainerUnknown).ToList();

        // In the order of the definition, whatever the runtime lists first.
        var order = pod.AllContainers.Select((c, i) => (c.Name, i)).ToDictionary(x => x.Name, x => x.i);
        running.Sort((a, b) => order.GetValueOrDefault(a.Name, int.MaxValue).CompareTo(order.GetValueOrDefault(b.Name, int.MaxValue)));
        var sidecarNames = pod.Spec.InitContainers.Where(c => c.IsSidecar).Select(c => c.Name).ToList();
        var kills = running.Select(c => new ContainerKill(c, pod.FindContainer(c.Name), message, KillReason.Other)).ToList();
        kills.ForEach(kill => Announce(pod, kill));

        Task Stop(ContainerKill kill, Task? turn) => StopAsync(pod, kill, graceOverride, address, turn, cancellationToken);
        var stops = kills.Where(k => !sidecarNames.Contains(k.Running.Name)).Select(k => Stop(k, turn: null)).ToList();
        var turn = Task.WhenAll(stops);
        foreach (var name in Enumerable.Reverse(sidecarNames))
        {
            foreach (var kill in kills.Where(k => k.Running.Name == name))
            {
                turn = Stop(kill, turn);
                stops.Add(turn);
            }
        }

        await Task.WhenAll(stops);
    }

    private static TimeSpan GracePeriod(Pod pod, ContainerKill kill)
    {
        if (pod.Metadata.DeletionGracePeriodSeconds is { } deletion)
        {
            return TimeSpan.FromSeconds(deletion);
        }

        var ofProbe = kill.Reason switch
        {
            KillReason.Liveness => kill.Container?.LivenessProbe?.TerminationGracePeriodSeconds,
            KillReason.Startup => kill.Container?.StartupProbe?.TerminationGracePeriodSeconds,
            _ => null,
        };
        return TimeSpan.FromSeconds(ofProbe ?? pod.Spec.TerminationGracePeriodSeconds ?? 30);
    }

    private async Task RunPreStopAsync(
        Pod pod, Container container, string containerId, LifecycleHandler preStop, TimeSpan grace, string? address, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(_ => limited.Cancel(), null, grace, Timeout.InfiniteTimeSpan);
        try
        {
            if (await hooks.RunAsync(pod, container, containerId, preStop, address, limited.Token) is { } failure)
            {
                LogPreStopFailed(pod.Text, container.Name, failure);
                events.Emit(pod, container.Name, "Warning", "FailedPreStopHook", "PreStopHook failed");
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException && !cancellationToken.IsCancellationRequested)
        {
            LogPreStopTimedOut(pod.Text, container.Name, grace);
        }
    }

    [LoggerMessage(5201, LogLevel.Debug, "Container {ContainerId} was gone before its stop")]
    private partial void LogGone(string containerId);

    [LoggerMessage(5202, LogLevel.Warning, "The preStop hook of {Container} in {Pod} failed: {Reason}")]
    private partial void LogPreStopFailed(string pod, string container, string reason);

    [LoggerMessage(5203, LogLevel.Warning, "The preStop hook of {Container} in {Pod} took longer than the grace period of {Grace}")]
    private partial void LogPreStopTimedOut(string pod, string container, TimeSpan grace);
}
