namespace Orchestrator.Scheduler.Queue;

/// <summary>Where a pod waits.</summary>
internal enum QueuePlace
{
    /// <summary>In no part of the queue: being scheduled or bound.</summary>
    None,

    /// <summary>Held by its scheduling gates.</summary>
    Gated,

    /// <summary>Next when its turn comes.</summary>
    Active,

    /// <summary>To be tried again after a while.</summary>
    BackingOff,

    /// <summary>Until something changes that could help.</summary>
    Unschedulable,
}
