namespace Orchestrator.Agent.Pods.Containers;

/// <summary>What has to be done so that the runtime matches a pod; made by <see cref="ContainerPlanner"/>.</summary>
internal sealed record ContainerPlan
{
    /// <summary>Kill everything of the pod, sandbox included.</summary>
    public bool KillPod { get; init; }

    /// <summary>Make a (new) sandbox.</summary>
    public bool CreateSandbox { get; init; }

    /// <summary>Number of the new sandbox, counted from 0.</summary>
    public uint Attempt { get; init; }

    /// <summary>Init containers to start, in order; each must be started before the next may be.</summary>
    public IReadOnlyList<Container> InitContainersToStart { get; init; } = [];

    /// <summary>Containers to start.</summary>
    public IReadOnlyList<Container> ContainersToStart { get; init; } = [];

    /// <summary>Ephemeral containers to start.</summary>
    public IReadOnlyList<Container> EphemeralContainersToStart { get; init; } = [];

    /// <summary>Containers to kill, with the reason.</summary>
    public IReadOnlyList<ContainerKill> Kills { get; init; } = [];

    /// <summary>Remove all containers and start the pod over, as a restart rule asks.</summary>
    public bool RestartAll { get; init; }
}
