namespace Orchestrator.Agent.Pods.Status;

/// <summary>The conditions that a node states of a pod.</summary>
internal static class PodConditions
{
    public static PodCondition ReadyToStart(Pod pod, RuntimePod runtime) => new()
    {
        Type = "PodReadyToStartContainers",
        Status = Text(runtime.ReadySandbox is not null && (pod.UsesHostNetwork || runtime.Addresses.Count > 0)),
    };

    public static PodCondition Initialized(Pod pod, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> regular, string phase)
    {
        var unknown = new List<string>();
        var incomplete = new List<string>();
        foreach (var container in pod.Spec.InitContainers)
        {
            var status = init.FirstOrDefault(s => s.Name == container.Name);
            if (status is null)
            {
                unknown.Add(container.Name);
            }
            else if (container.IsSidecar ? status.Started != true : !status.Ready)
            {
                incomplete.Add(container.Name);
            }
        }

        if (phase == "Succeeded" && unknown.Count == 0)
        {
            return new() { Type = "Initialized", Status = "True", Reason = "PodCompleted" };
        }

        // A container that has run proves that the init containers once had.
        if (regular.Any(s => s.Started == true || s.State.Running is not null || s.State.Terminated is not null || s.LastState.Terminated is not null))
        {
            return new() { Type = "Initialized", Status = "True" };
        }

        var message = Message(("unknown", unknown), ("incomplete", incomplete));
        return message.Length == 0
            ? new() { Type = "Initialized", Status = "True" }
            : new() { Type = "Initialized", Status = "False", Reason = "ContainersNotInitialized", Message = message };
    }

    public static PodCondition ContainersReady(Pod pod, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> regular, string phase)
    {
        var unknown = new List<string>();
        var unready = new List<string>();
        foreach (var (container, statuses) in pod.Spec.InitContainers.Where(c => c.IsSidecar).Select(c => (c, init))
                     .Concat(pod.Spec.Containers.Select(c => (c, regular))))
        {
            var status = statuses.FirstOrDefault(s => s.Name == container.Name);
            if (status is null)
            {
                unknown.Add(container.Name);
            }
            else if (!status.Ready)
            {
                unready.Add(container.Name);
            }
        }

        if (phase == "Succeeded" && unknown.Count == 0)
        {
            return new() { Type = "ContainersReady", Status = "False", Reason = "PodCompleted" };
        }

        if (phase == "Failed")
        {
            return new() { Type = "ContainersReady", Status = "False", Reason = "PodFailed" };
        }

        var message = Message(("unknown", unknown), ("unready", unready));
        return message.Length == 0
            ? new() { Type = "ContainersReady", Status = "True" }
            : new() { Type = "ContainersReady", Status = "False", Reason = "ContainersNotReady", Message = message };
    }

    public static PodCondition Ready(Pod pod, PodCondition containersReady)
    {
        if (containersReady.Status != "True")
        {
            return containersReady with { Type = "Ready" };
        }

        var unmet = new List<string>();
        foreach (var gate in pod.Spec.ReadinessGates)
        {
            var condition = pod.Status.Conditions.FirstOrDefault(c => c.Type == gate.ConditionType);
            if (condition is null)
            {
                unmet.Add($"corresponding condition of pod readiness gate \"{gate.ConditionType}\" does not exist.");
            }
            else if (condition.Status != "True")
            {
                unmet.Add($"the status of pod readiness gate \"{gate.ConditionType}\" is not \"True\", but {condition.Status}");
            }
        }

        return unmet.Count == 0
            ? new() { Type = "Ready", Status = "True" }
            : new() { Type = "Ready", Status = "False", Reason = "ReadinessGatesNotReady", Message = string.Join(", ", unmet) };
    }

    private static string Text(bool value) => value ? "True" : "False";

    private static string Message(params (string Kind, List<string> Names)[] groups) =>
        string.Join(", ", groups.Where(g => g.Names.Count > 0).Select(g => $"containers with {g.Kind} status: [{string.Join(' ', g.Names)}]"));
}
