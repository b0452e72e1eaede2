using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Printing;

/// <summary>What one word, and how many restarts, say about a pod.</summary>
internal static class PodCells
{
    public static (string Ready, string Status, string Restarts) Summary(Pod pod, DateTimeOffset now)
    {
        var status = pod.Status;
        var word = status.Reason.Length > 0 ? status.Reason : status.Phase;
        if (status.Conditions.Any(static c => c is { Type: "PodScheduled", Reason: "SchedulingGated" }))
        {
            word = "SchedulingGated";
        }

        // 1. Init containers: the first that has not done its part decides.
        var restartable = pod.Spec.InitContainers.Where(static c => c.RestartPolicy == "Always").Select(static c => c.Name).ToHashSet();
        var total = pod.Spec.Containers.Count + restartable.Count;
        var ready = 0;
        long restarts = 0;
        long restartableRestarts = 0;
        DateTimeOffset? lastRestart = null;
        DateTimeOffset? lastRestartableRestart = null;
        var initializing = false;
        for (var i = 0; i < status.InitContainerStatuses.Count; i++)
        {
            var container = status.InitContainerStatuses[i];
            restarts += container.RestartCount;
            lastRestart = Later(lastRestart, container.LastState.Terminated?.FinishedAt);
            if (restartable.Contains(container.Name))
            {
                restartableRestarts += container.RestartCount;
                lastRestartableRestart = Later(lastRestartableRestart, container.LastState.Terminated?.FinishedAt);
            }

            if (container.State.Terminated is { ExitCode: 0 })
            {
                continue;
            }

            if (restartable.Contains(container.Name) && container.Started == true)
            {
                if (container.Ready)
                {
                    ready++;
                }

                continue;
            }

            word = container.State switch
            {
                { Terminated: { } ended } => "Init:" + (ended.Reason.Length > 0 ? ended.Reason : ended.Signal != 0 ? $"Signal:{ended.Signal}" : $"ExitCode:{ended.ExitCode}"),
                { Waiting.Reason: { Length: > 0 } reason } when reason != "PodInitializing" => "Init:" + reason,
                _ => $"Init:{i}/{pod.Spec.InitContainers.Count}",
            };
            initializing = true;
            break;
        }

        // 2. The containers themselves, from last to first.
        if (!initializing || status.Conditions.Any(static c => c is { Type: "Initialized", Status: "True" }))
        {
            restarts = restartableRestarts;
            lastRestart = lastRestartableRestart;
            var running = false;
            var error = "";
            for (var i = status.ContainerStatuses.Count - 1; i >= 0; i--)
            {
                var container = status.ContainerStatuses[i];
                restarts += container.RestartCount;
                lastRestart = Later(lastRestart, container.LastState.Terminated?.FinishedAt);
                if (container.State.Waiting is { Reason.Length: > 0 } waiting)
                {
                    word = waiting.Reason;
                }
                else if (container.State.Terminated is { } ended)
                {
                    word = ended.Reason.Length > 0 ? ended.Reason : ended.Signal != 0 ? $"Signal:{ended.Signal}" : $"ExitCode:{ended.ExitCode}";
                    if (ended.ExitCode != 0)
                    {
                        error = word;
                    }
                }
                else if (container.Ready && container.State.Running is not null)
                {
                    running = true;
                    ready++;
                }
            }

            if (word == "Completed")
            {
                word = running && status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" }) ? "Running"
                    : error.Length > 0 ? error
                    : running ? "NotReady"
                    : word;
            }
        }

        if (pod.Metadata.DeletionTimestamp is not null)
        {
            word = status.Reason == "NodeLost" ? "Unknown" : status.Phase is "Succeeded" or "Failed" ? word : "Terminating";
        }

        var restartText = restarts == 0 || lastRestart is null ? restarts.ToString(System.Globalization.CultureInfo.InvariantCulture) : $"{restarts} ({Ages.Since(lastRestart, now)} ago)";
        return ($"{ready}/{total}", word, restartText);
    }

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) => left is null || right > left ? right ?? left : left;
}
