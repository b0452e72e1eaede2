using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>Writes what pods' statuses say about scheduling.</summary>
internal sealed class PodStatusWriter(IClusterClient client, TimeProvider time)
{
    // A server that is away for longer finds the pod tried again anyway.
    private const int Tries = 4;
    private static readonly BackoffPolicy Backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2));

    /// <summary>The patch that sets PodScheduled to False and the nomination; null if both are so already.</summary>
    /// <param name="pod">The pod as it is known.</param>
    /// <param name="reason">The condition's reason.</param>
    /// <param name="message">The condition's message.</param>
    /// <param name="nominatedNode">"" takes a nomination back, null leaves it.</param>
    /// <param name="now">The time of a transition.</param>
    public static Patch? ConditionPatch(Pod pod, string reason, string message, string? nominatedNode, DateTimeOffset now)
    {
        var old = pod.FindCondition("PodScheduled");
        var generation = pod.Metadata.Generation;
        var same = old is { Status: "False" } && old.Reason == reason && old.Message == message && old.ObservedGeneration == generation;
        if (same && (nominatedNode is null || nominatedNode == pod.Status.NominatedNodeName))
        {
            return null;
        }

        var status = new Dictionary<string, object?>();
        if (!same)
        {
            var condition = new Dictionary<string, object?>
            {
                ["type"] = "PodScheduled",
                ["status"] = "False",
                ["reason"] = reason,
                ["message"] = message,
                ["lastProbeTime"] = null,
                ["lastTransitionTime"] = ApiTime.Format(old is { Status: "False", LastTransitionTime: { } since } ? since : now),
            };
            if (generation != 0)
            {
                condition["observedGeneration"] = generation;
            }

            status["conditions"] = (ApiList<object?>)[(ApiMap<object?>)condition];
        }

        if (nominatedNode is not null)
        {
            status["nominatedNodeName"] = nominatedNode.Length == 0 ? null : nominatedNode;
        }

        return StatusPatch(pod, status);
    }

    /// <summary>The patch that marks a pod as about to be removed for a more important one.</summary>
    public static Patch DisruptionPatch(Pod pod, string schedulerName, DateTimeOffset now)
    {
        var condition = new Dictionary<string, object?>
        {
            ["type"] = "DisruptionTarget",
            ["status"] = "True",
            ["reason"] = "PreemptionByScheduler",
            ["message"] = $"{schedulerName}: preempting to accommodate a higher priority pod",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = ApiTime.Format(now),
        };
        if (pod.Metadata.Generation is not 0 and var generation)
        {
            condition["observedGeneration"] = generation;
        }

        return StatusPatch(pod, new() { ["conditions"] = (ApiList<object?>)[(ApiMap<object?>)condition] });
    }

    /// <summary>The patch that tells where a pod is about to go, for the time until it is bound.</summary>
    public static Patch NominationPatch(Pod pod, string node) => StatusPatch(pod, new() { ["nominatedNodeName"] = node });

    /// <summary>The patch that takes a nomination back.</summary>
    public static Patch ForgetNominationPatch(Pod pod) => StatusPatch(pod, new() { ["nominatedNodeName"] = null });

    /// <summary>Patches a status; a server that is away is asked a few times.</summary>
    public async ValueTask PatchAsync(ObjectKey pod, Patch patch, Action<ObjectKey, string> failed, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var answer = await client.PatchStatusAsync<Pod>(pod, patch, cancellationToken);

            // Gone, or a namesake now: nothing to tell.
            if (answer.IsOk || answer.IsNotFound || answer.IsConflict)
            {
                return;
            }

            if (!answer.IsUnreachable || i == Tries - 1)
            {
                failed(pod, answer.Error.Message);
                return;
            }

            await Task.Delay(Backoff.Delay(i), time, cancellationToken);
        }
    }

    // The UID keeps the patch from a namesake.
    private static Patch StatusPatch(Pod pod, Dictionary<string, object?> status) => Patch.StrategicMerge((ApiMap<object?>)new Dictionary<string, object?>
    {
        ["metadata"] = (ApiMap<object?>)new Dictionary<string, object?> { ["uid"] = pod.Metadata.Uid },
        ["status"] = (ApiMap<object?>)status,
    });
}
