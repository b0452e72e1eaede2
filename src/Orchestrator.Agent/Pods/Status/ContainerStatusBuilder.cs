using System.Text;
using Orchestrator.Agent.Images;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods.Status;

/// <summary>Makes the statuses of containers.</summary>
internal sealed class ContainerStatusBuilder(StatusInput input)
{
    /// <summary>What a container is said to have ended with whose end nobody saw.</summary>
    public const int KilledExitCode = 137;

    // What all containers' last words together may add to a status.
    private const int MessageBytesMax = 12 * 1024;

    private readonly string _waitingReason = input.Pod.Spec.InitContainers.Count > 0 ? "PodInitializing" : "ContainerCreating";

    /// <summary>One status per ephemeral container. Nothing probes them: they are never ready, nor started in the sense of a startup probe.</summary>
    public IReadOnlyList<ContainerStatus> BuildEphemeral(ApiList<ContainerStatus> old) =>
        [.. Build([.. input.Pod.Spec.EphemeralContainers.Select(e => e.AsContainer())], old, isInit: false).Select(s => s with { Ready = false, Started = null })];

    /// <summary>One status per container: init containers in their order, others by name.</summary>
    public IReadOnlyList<ContainerStatus> Build(IReadOnlyList<Container> containers, ApiList<ContainerStatus> old, bool isInit)
    {
        var statuses = containers.Select(c => Build(c, old.FirstOrDefault(s => s.Name == c.Name), isInit)).ToList();
        if (!isInit)
        {
            statuses.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        return statuses;
    }

    private ContainerStatus Build(Container container, ContainerStatus? old, bool isInit)
    {
        var runs = input.Runtime.Containers.Where(c => c.Name == container.Name).ToList();
        var status = runs.Count > 0 ? OfRun(container, runs[0], old) : WithoutRun(container, old);
        if (runs.Count > 1)
        {
            status = status with { LastState = StateOf(runs[1], null) };
        }
        else if (runs.Count == 1 && runs[0].RestartCount > 0 && old is not null)
        {
            // The run before may be gone from the runtime; what was known of it stays.
            status = status with { LastState = old.ContainerID == runs[0].ApiId ? old.LastState : old.State.Terminated is not null ? old.State : old.LastState };
        }

        status = WithWaitingReason(container, status, isInit);
        return WithReadiness(container, status, isInit) with { VolumeMounts = Mounts(container, input.SupportsRecursiveReadOnly) };
    }

    private ContainerStatus WithoutRun(Container container, ContainerStatus? old)
    {
        if (old?.State.Terminated is not null)
        {
            return old;
        }

        var status = new ContainerStatus
        {
            Name = container.Name,
            Image = container.Image,
            State = new() { Waiting = new() { Reason = _waitingReason } },
            RestartCount = old?.RestartCount ?? 0,
            LastState = old?.LastState ?? ContainerState.Empty,
        };
        if (old?.State.Running is not null && status.LastState.Terminated is null)
        {
            // It ran, and the runtime knows nothing of it any more: it has ended, nobody knows how.
            status = status with
            {
                LastState = new()
                {
                    Terminated = new()
                    {
                        ExitCode = KilledExitCode,
                        Reason = "ContainerStatusUnknown",
                        Message = "The container could not be located when the pod was deleted.  The container used to be Running",
                    },
                },
                RestartCount = status.RestartCount + (input.Pod.Metadata.DeletionTimestamp is null ? 1 : 0),
            };
        }

        if (!input.IsTerminal)
        {
            return status;
        }

        return status.State.Waiting is not null && old is { State.Running: null, ContainerID: "" } or null
            ? status
            : status with
            {
                State = new()
                {
                    Terminated = new()
                    {
                        ExitCode = KilledExitCode,
                        Reason = "ContainerStatusUnknown",
                        Message = "The container could not be located when the pod was terminated",
                    },
                },
            };
    }

    private ContainerStatus OfRun(Container container, RuntimeContainer run, ContainerStatus? old) => new()
    {
        Name = container.Name,
        State = StateOf(run, old),
        RestartCount = run.RestartCount,
        Image = ImageOf(container, run),
        ImageID = run.ImageReference,
        ContainerID = run.ApiId,
        Resources = (input.Actual.FindContainer(container.Name) ?? container).Resources with { Claims = [] },
        AllocatedResources = container.Resources.Requests,
        User = run.User is { } user
            ? new() { Linux = new() { Uid = user.Uid, Gid = user.Gid, SupplementalGroups = [.. user.SupplementalGroups] } }
            : null,
        StopSignal = container.Lifecycle?.StopSignal,
    };

    private ContainerState StateOf(RuntimeContainer run, ContainerStatus? old)
    {
        switch (run.State)
        {
            case Cri.ContainerState.ContainerRunning:
                return new() { Running = new() { StartedAt = Seconds(run.StartedAt) } };
            case Cri.ContainerState.ContainerCreated:
                return new() { Waiting = new() };
            case Cri.ContainerState.ContainerExited:
                return new()
                {
                    Terminated = new()
                    {
                        ExitCode = run.ExitCode,
                        Signal = 0,
                        Reason = run.Reason,
                        Message = Message(run),
                        StartedAt = Seconds(run.StartedAt ?? DateTimeOffset.UnixEpoch),
                        FinishedAt = Seconds(run.FinishedAt),
                        ContainerID = run.ApiId,
                    },
                };
            default:
                return old?.State.Running is not null
                    ? new()
                    {
                        Terminated = new()
                        {
                            ExitCode = KilledExitCode,
                            Reason = "ContainerStatusUnknown",
                            Message = "The container could not be located when the pod was terminated",
                        },
                    }
                    : new() { Waiting = new() };
        }
    }

    private string Message(RuntimeContainer run)
    {
        var own = input.TerminationMessages.GetValueOrDefault(run.Id) ?? "";
        var message = run.Message.Length > 0 && own.Length > 0 ? $"{run.Message}: {own}" : run.Message + own;
        var bytes = Encoding.UTF8.GetBytes(message);
        var share = MessageBytesMax / input.Pod.AllContainers.Count();
        return bytes.Length > share ? Encoding.UTF8.GetString(bytes, 0, share) : message;
    }

    private ContainerStatus WithWaitingReason(Container container, ContainerStatus status, bool isInit)
    {
        var last = input.Runtime.Find(container.Name);
        if ((isInit && !container.IsSidecar && last is { IsExited: true, ExitCode: 0 })
            || !RestartPolicies.ShouldRestart(input.Pod, container, last)
            || !input.Waiting.TryGetValue(container.Name, out var waiting))
        {
            return status;
        }

        return status with
        {
            LastState = status.State.Terminated is not null ? status.State : status.LastState,
            State = new() { Waiting = new() { Reason = waiting.Reason, Message = waiting.Message } },
        };
    }

    private ContainerStatus WithReadiness(Container container, ContainerStatus status, bool isInit)
    {
        var running = status.State.Running is not null ? input.Runtime.Find(container.Name) : null;
        var started = running is not null && (isInit && !container.IsSidecar || input.Probes.IsStarted(container, running));
        var ready = isInit && !container.IsSidecar
            ? status.State is { Terminated.ExitCode: 0 } || status.State.Waiting?.Reason == PodStatusBuilder.RestartingAll
            : started && input.Probes.IsReady(container, running!);
        return status with { Started = started, Ready = ready };
    }

    private static ApiList<VolumeMountStatus> Mounts(Container container, bool supportsRecursion) =>
    [
        .. container.VolumeMounts.Select(m => new VolumeMountStatus
        {
            Name = m.Name,
            MountPath = m.MountPath,
            ReadOnly = m.ReadOnly,
            RecursiveReadOnly = !m.ReadOnly ? null
                : supportsRecursion && m is { RecursiveReadOnly: "Enabled" or "IfPossible", MountPropagation: null or "" or "None" } ? "Enabled"
                : "Disabled",
        }),
    ];

    private static string ImageOf(Container container, RuntimeContainer run) =>
        run.Hash == container.DefinitionHash && ImageReference.TryParse(container.Image, out var reference, out _) ? reference.Normalized
        : run.Image.Length > 0 ? run.Image
        : container.Image;

    private static DateTimeOffset? Seconds(DateTimeOffset? time) => time is { } t ? ApiTime.Truncate(t) : null;
}
