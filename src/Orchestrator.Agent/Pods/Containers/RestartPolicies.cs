namespace Orchestrator.Agent.Pods.Containers;

/// <summary>Whether a container that has ended is to be started again.</summary>
internal static class RestartPolicies
{
    private const string RestartAllAction = "RestartAllContainers";

    /// <summary>The decision for a container with its newest run; null if there was none.</summary>
    public static bool ShouldRestart(Pod pod, Container container, RuntimeContainer? last)
    {
        // Once a pod is to go, nothing of it is started.
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            return false;
        }

        return last switch
        {
            null => true,
            { State: Cri.ContainerState.ContainerRunning } => false,
            { State: Cri.ContainerState.ContainerUnknown or Cri.ContainerState.ContainerCreated } => true,
            _ => ShouldRestartAfterExit(pod, container, last.ExitCode),
        };
    }

    /// <summary>The decision after an exit code alone.</summary>
    public static bool ShouldRestartAfterExit(Pod pod, Container container, int exitCode)
    {
        foreach (var rule in container.RestartPolicyRules)
        {
            if (Matches(rule, exitCode))
            {
                return true;
            }
        }

        return (container.RestartPolicy ?? pod.Spec.RestartPolicy) switch
        {
            "Never" => false,
            "OnFailure" => exitCode != 0,
            _ => true,
        };
    }

    /// <summary>True if a container's end asks for the restart of the whole pod.</summary>
    public static bool AsksToRestartAll(Container container, int exitCode) =>
        container.RestartPolicyRules.FirstOrDefault(r => Matches(r, exitCode))?.Action == RestartAllAction;

    /// <summary>True if the end of some container of the pod may ask for the restart of all.</summary>
    public static bool MayRestartAll(Pod pod) =>
        pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(c => c.RestartPolicyRules.Any(r => r.Action == RestartAllAction));

    /// <summary>True if a container of the pod could start again after its end.</summary>
    public static bool MayRestart(Pod pod, Container container) =>
        (container.RestartPolicy ?? pod.Spec.RestartPolicy) != "Never" || container.RestartPolicyRules.Count > 0;

    private static bool Matches(ContainerRestartRule rule, int exitCode) => rule.ExitCodes switch
    {
        { Operator: "In" } codes => codes.Values.Contains(exitCode),
        { Operator: "NotIn" } codes => !codes.Values.Contains(exitCode),
        _ => false,
    };
}
