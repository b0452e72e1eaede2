using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>What the recording's kubelets reported, in full.</summary>
internal static class KubeletReports
{
    /// <summary>The status of a pod after a report: <c>Running and Ready</c>, <c>Running, not Ready</c>, <c>Succeeded, exit code 0</c> …</summary>
    public static PodStatus Status(Pod pod, string report)
    {
        var now = TimeProvider.System.NowSeconds();
        var phase = report.Split(' ', ',')[0];
        var ready = report == "Running and Ready";
        var reason = phase == "Succeeded" ? "PodCompleted" : ready ? "" : "ContainersNotReady";
        var code = report.Contains("exit code", StringComparison.Ordinal) ? int.Parse(report.AsSpan(report.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture) : 0;
        var status = pod.Status with { Phase = phase };
        foreach (var (type, value, why) in new[]
        {
            ("PodScheduled", true, ""), ("Initialized", true, ""), ("ContainersReady", ready, reason), ("Ready", ready, reason),
        })
        {
            status = status.WithCondition(new() { Type = type, Status = value ? "True" : "False", Reason = why, LastTransitionTime = now });
        }

        return status with
        {
            ContainerStatuses =
            [
                .. pod.Spec.Containers.Select(c => new ContainerStatus
                {
                    Name = c.Name,
                    Image = c.Image,
                    Ready = ready,
                    Started = ready,
                    State = phase == "Running"
                        ? new() { Running = new() { StartedAt = now } }
                        : new() { Terminated = new() { ExitCode = code, Reason = code == 0 ? "Completed" : "Error", StartedAt = now, FinishedAt = now } },
                }),
            ],
        };
    }
}
