using Orchestrator.Agent.Probes;

namespace Orchestrator.Agent.Pods.Status;

/// <summary>Everything that a pod's status is made from.</summary>
internal sealed record StatusInput
{
    public required Pod Pod { get; init; }

    /// <summary>The status as it was last made or read.</summary>
    public required PodStatus Old { get; init; }

    public required RuntimePod Runtime { get; init; }

    public required IProbeResults Probes { get; init; }

    /// <summary>Why containers wait, by name.</summary>
    public required IReadOnlyDictionary<string, (string Reason, string Message)> Waiting { get; init; }

    /// <summary>Termination messages by container id.</summary>
    public required IReadOnlyDictionary<string, string> TerminationMessages { get; init; }

    /// <summary>True if the pod's runtime handler can make what is mounted below a mount read-only, too.</summary>
    public bool SupportsRecursiveReadOnly { get; init; }

    /// <summary>The pod with the resources that its containers have now: while a change is under way, those from before.</summary>
    public required Pod Actual { get; init; }

    /// <summary>The pod has ended on this node: nothing of it will start again.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>The phase, reason and message that the node has decided on (eviction, deadline), or null.</summary>
    public (string Phase, string Reason, string Message)? Verdict { get; init; }

    /// <summary>Conditions that the node sets besides the usual ones (resize, restart of all).</summary>
    public IReadOnlyList<PodCondition> ExtraConditions { get; init; } = [];
}
