using Orchestrator.Agent.Volumes;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Everything that the start of one container needs.</summary>
internal sealed record ContainerStart
{
    public required Pod Pod { get; init; }

    public required Container Container { get; init; }

    public required Cri.Image Image { get; init; }

    /// <summary>How often it was started before.</summary>
    public required int RestartCount { get; init; }

    public required IReadOnlyList<string> PodAddresses { get; init; }

    public required IReadOnlyDictionary<string, MountedVolume> Volumes { get; init; }

    /// <summary>What the pod's runtime handler can do.</summary>
    public required Cri.RuntimeHandlerFeatures Handler { get; init; }

    /// <summary>For an ephemeral container, the one whose processes it sees; else empty.</summary>
    public string TargetContainerId { get; init; } = "";
}
