namespace Orchestrator.Agent.Pods;

/// <summary>How much a pod's resources are promised to it.</summary>
internal enum QosClass
{
    /// <summary>Nothing asked for: first to go.</summary>
    BestEffort,

    /// <summary>Something asked for.</summary>
    Burstable,

    /// <summary>Limits for everything, equal to the requests: last to go.</summary>
    Guaranteed,
}
