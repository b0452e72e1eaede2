using Orchestrator.Agent.Pods;

namespace Orchestrator.Agent.Probes;

/// <summary>What the probes of one pod have found.</summary>
internal interface IProbeResults
{
    /// <summary>True if a probe of the container has failed often enough.</summary>
    bool HasFailed(ProbeKind kind, string containerId);

    /// <summary>True if a running container has started: it has no startup probe, or that has succeeded.</summary>
    bool IsStarted(Container container, RuntimeContainer running);

    /// <summary>True if a started container may get requests: it has no readiness probe, or that succeeds.</summary>
    bool IsReady(Container container, RuntimeContainer running);
}
