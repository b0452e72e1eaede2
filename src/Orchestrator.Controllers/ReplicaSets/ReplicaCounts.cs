using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.Client;

namespace Orchestrator.Controllers.ReplicaSets;

/// <summary>What there is of the pods of a set.</summary>
/// <param name="Replicas">Active pods.</param>
/// <param name="FullyLabeled">Those with all labels of the template.</param>
/// <param name="Ready">Those that are ready.</param>
/// <param name="Available">Those that have been ready for the minimum time.</param>
/// <param name="Terminating">Pods that are being deleted and have not ended yet.</param>
/// <param name="Failure">Why pods could not be created or deleted; null if nothing failed.</param>
/// <param name="FailureReason">FailedCreate or FailedDelete.</param>
internal sealed record ReplicaCounts(int Replicas, int FullyLabeled, int Ready, int Available, int Terminating, Status? Failure, string FailureReason)
{
    public static ReplicaCounts Of(IReadOnlyList<Pod> active, int terminating, in ReplicaTarget target, Status? failure, string failureReason, DateTimeOffset now)
    {
        var labels = target.Template.Metadata.Labels.Count == 0 ? LabelMatcher.Everything : LabelMatcher.FromMap(target.Template.Metadata.Labels);
        var (labeled, ready, available) = (0, 0, 0);
        foreach (var pod in active)
        {
            labeled += labels.Matches(pod.Metadata.Labels) ? 1 : 0;
            if (pod.IsReady)
            {
                ready++;
                available += pod.IsAvailable(target.MinReadySeconds, now) ? 1 : 0;
            }
        }

        return new(active.Count, labeled, ready, available, terminating, failure, failureReason);
    }
}
