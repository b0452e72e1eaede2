using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Client;

/// <summary>Questions to pods that many ask.</summary>
public static class PodExtensions
{
    extension(Pod pod)
    {
        public bool IsReady => pod.FindCondition("Ready") is { Status: "True" };

        /// <summary>Neither ended nor about to.</summary>
        public bool IsActive => !pod.IsTerminal && pod.Metadata.DeletionTimestamp is null;

        /// <summary>Succeeded or Failed.</summary>
        public bool IsTerminal => pod.Status.Phase is "Succeeded" or "Failed";

        public PodCondition? FindCondition(string type)
        {
            foreach (var condition in pod.Status.Conditions)
            {
                if (condition.Type == type)
                {
                    return condition;
                }
            }

            return null;
        }

        /// <summary>Whether it is ready and has been so for a time.</summary>
        public bool IsAvailable(int minReadySeconds, DateTimeOffset now)
        {
            if (pod.FindCondition("Ready") is not { Status: "True" } ready)
            {
                return false;
            }

            return minReadySeconds == 0 || (ready.LastTransitionTime is { } since && since + TimeSpan.FromSeconds(minReadySeconds) <= now);
        }

        /// <summary>The restarts of its containers, and of init containers that stay.</summary>
        public int MaxContainerRestarts
        {
            get
            {
                var most = 0;
                foreach (var status in pod.Status.ContainerStatuses)
                {
                    most = Math.Max(most, status.RestartCount);
                }

                return most;
            }
        }
    }

    /// <summary>The status with a condition set; its transition time is kept when the status (True, False, Unknown) is the same.</summary>
    public static PodStatus WithCondition(this PodStatus status, PodCondition condition)
    {
        var conditions = new List<PodCondition>(status.Conditions.Count + 1);
        var found = false;
        foreach (var old in status.Conditions)
        {
            if (old.Type == condition.Type)
            {
                conditions.Add(old.Status == condition.Status ? condition with { LastTransitionTime = old.LastTransitionTime } : condition);
                found = true;
            }
            else
            {
                conditions.Add(old);
            }
        }

        if (!found)
        {
            conditions.Add(condition);
        }

        return status with { Conditions = conditions.ToApiList() };
    }
}
