using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Queue;

/// <summary>A pod without a node, and how its tries went.</summary>
internal sealed class QueuedPod
{
    public required PodInfo Info { get; set; }

    public QueuePlace Place { get; set; }

    /// <summary>Distinguishes its present entry in a heap from stale ones.</summary>
    public long Ticket { get; set; }

    /// <summary>When it entered the queue; keeps its rank among pods of equal priority.</summary>
    public long QueuedAt { get; set; }

    /// <summary>Tries without success, for the back-off.</summary>
    public int Failures { get; set; }

    /// <summary>The last try failed by an error rather than for lack of a node: it is not tried before its time.</summary>
    public bool FailedByError { get; set; }

    public DateTimeOffset BackOffUntil { get; set; }

    public DateTimeOffset UnschedulableSince { get; set; }

    /// <summary>The plugins that refused it: only changes that they care about bring it back.</summary>
    public Plugins RefusedBy { get; set; }

    /// <summary>The node where room is being made for it.</summary>
    public string? NominatedNode { get; set; }

    /// <summary>Its victims are being told; until that is done it waits.</summary>
    public bool IsPreempting { get; set; }

    /// <summary>A claim for devices that it names is not there yet: it is not tried before.</summary>
    public bool LacksClaims { get; set; }

    public bool IsGated => LacksClaims || Info.Pod.Spec.SchedulingGates.Count > 0;
}
