namespace Orchestrator.Agent.Pods;

/// <summary>A change of a pod that the API server tells of.</summary>
/// <param name="Pod">The pod as it is now, or as it last was; null marks the end of the first list.</param>
/// <param name="IsGone">True if the object is gone from the API.</param>
internal readonly record struct PodChange(Pod? Pod, bool IsGone)
{
    /// <summary>The first list is complete: what the runtime runs beyond it belongs to nobody.</summary>
    public static readonly PodChange Synced;
}
