namespace Orchestrator.Agent.Pods;

/// <summary>
/// Labels and annotations with which sandboxes and containers carry what the agent must know about them after its own restart.
/// The names are the kubelet's, so that tools which look at the runtime find what they expect.
/// </summary>
internal static class ContainerLabels
{
    public const string PodName = "io.kubernetes.pod.name";
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string PodUid = "io.kubernetes.pod.uid";
    public const string ContainerName = "io.kubernetes.container.name";

    public const string Hash = "io.kubernetes.container.hash";
    public const string RestartCount = "io.kubernetes.container.restartCount";
    public const string TerminationMessagePath = "io.kubernetes.container.terminationMessagePath";
    public const string TerminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
    public const string PodTerminationGracePeriod = "io.kubernetes.pod.terminationGracePeriod";
    public const string Ports = "io.kubernetes.container.ports";

    /// <summary>The container's resources as JSON, as they were given to the runtime: what the status reports as actual.</summary>
    public const string Resources = "orchestrator.dev/container.resources";
}
