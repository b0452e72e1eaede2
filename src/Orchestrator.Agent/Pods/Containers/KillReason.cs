namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Why a container is killed.</summary>
internal enum KillReason
{
    /// <summary>Its pod ends, or its definition changed.</summary>
    Other,

    /// <summary>Its liveness probe failed.</summary>
    Liveness,

    /// <summary>Its startup probe failed.</summary>
    Startup,
}
