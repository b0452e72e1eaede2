using Orchestrator.Api.Batch.V1;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Jobs;

/// <summary>What a Job's <c>podFailurePolicy</c> says about a failed pod. Pure.</summary>
internal static class FailurePolicy
{
    /// <summary>The action of the first rule that matches, and for FailJob the reason in words; null if none matches.</summary>
    public static (string Action, string Message)? Match(Job job, Pod pod)
    {
        if (job.Spec.PodFailurePolicy is not { } policy || pod.Status.Phase != "Failed")
        {
            return null;
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            var rule = policy.Rules[i];
            if (rule.OnExitCodes is { } codes && FindContainer(pod, codes) is { } container)
            {
                return (rule.Action, $"Container {container.Name} for pod {pod.Key} failed with exit code {container.State.Terminated!.ExitCode} matching {rule.Action} rule at index {i}");
            }

            if (rule.OnPodConditions.FirstOrDefault(p => pod.Status.Conditions.Any(c => c.Type == p.Type && c.Status == (p.Status.Length == 0 ? "True" : p.Status))) is { } pattern)
            {
                return (rule.Action, $"Pod {pod.Key} has condition {pattern.Type} matching {rule.Action} rule at index {i}");
            }
        }

        return null;
    }

    private static ContainerStatus? FindContainer(Pod pod, PodFailurePolicyOnExitCodesRequirement requirement)
    {
        foreach (var status in pod.Status.ContainerStatuses.Concat(pod.Status.InitContainerStatuses))
        {
            // Exit code 0 is no failure, whatever the operator.
            if (status.State.Terminated is { ExitCode: not 0 } terminated
                && (requirement.ContainerName is null || requirement.ContainerName == status.Name)
                && requirement.Values.Contains(terminated.ExitCode) == (requirement.Operator == "In"))
            {
                return status;
            }
        }

        return null;
    }
}
