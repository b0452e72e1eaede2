namespace Orchestrator.Scheduler;

/// <summary>Settings of the scheduler. The defaults are upstream's where it has them.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The pods that are scheduled: those whose <c>spec.schedulerName</c> is this. Also the name under which Events are written.</summary>
    public string SchedulerName { get; init; } = "default-scheduler";

    /// <summary>This process among several; "" for the host's name and a random part.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Whether to act only while holding the Lease <c>kube-system/kube-scheduler</c>.</summary>
    public bool LeaderElect { get; init; } = true;

    /// <summary>How many bindings may be on their way to the API server at once. More make better use of the server's group commits, and more memory.</summary>
    public int BindingsAtOnce { get; init; } = 64;

    /// <summary>How long a pod's claims may take to be bound, once a node is chosen, before the pod is tried again.</summary>
    public TimeSpan VolumeBindTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
