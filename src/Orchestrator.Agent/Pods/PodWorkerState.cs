namespace Orchestrator.Agent.Pods;

/// <summary>Where a pod stands on this node.</summary>
internal enum PodWorkerState
{
    /// <summary>Not looked at yet.</summary>
    New,

    /// <summary>Refused; waits to be deleted.</summary>
    Rejected,

    /// <summary>Kept as its definition says.</summary>
    Active,

    /// <summary>Its containers are being stopped for good.</summary>
    Terminating,

    /// <summary>Nothing of it runs; its status is final.</summary>
    Terminated,

    /// <summary>Gone from the API: what is left of it is removed.</summary>
    Removing,

    /// <summary>Nothing is left.</summary>
    Removed,
}
