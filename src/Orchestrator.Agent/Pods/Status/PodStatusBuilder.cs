using Orchestrator.Api;
using Orchestrator.Agent.Pods.Containers;

namespace Orchestrator.Agent.Pods.Status;

/// <summary>Makes the status of a pod from what runs. A pure function of its input and the clock.</summary>
internal sealed class PodStatusBuilder(NodeFacts node, TimeProvider time)
{
    /// <summary>Reason of containers that were removed so that all start over.</summary>
    public const string RestartingAll = "RestartingAllContainers";

    /// <summary>The condition that tells whether all containers of a pod start over just now.</summary>
    public const string AllRestarting = "AllContainersRestarting";

    /// <summary>The condition of a pod that is ended for others' sake; set by the node, but also by the scheduler and the control plane.</summary>
    public const string Disrupted = "DisruptionTarget";

    /// <summary>The reason of that condition where the node has set it.</summary>
    public const string TerminatedHere = "TerminationByKubelet";

    private static readonly string[] OwnConditions =
    [
        "PodScheduled", "Ready", "Initialized", "ContainersReady", "PodReadyToStartContainers", "PodResizePending", "PodResizeInProgress",
        AllRestarting,
    ];

    /// <summary>True for conditions that the node alone sets.</summary>
    public static bool IsOwn(string conditionType) => OwnConditions.Contains(conditionType);

    public PodStatus Build(StatusInput input)
    {
        var (pod, old) = (input.Pod, input.Old);
        var containers = new ContainerStatusBuilder(input);
        var init = containers.Build(pod.Spec.InitContainers, old.InitContainerStatuses, isInit: true);
        var regular = containers.Build(pod.Spec.Containers, old.ContainerStatuses, isInit: false);
        var ephemeral = containers.BuildEphemeral(old.EphemeralContainerStatuses);
        var phase = input.Verdict?.Phase ?? PhaseOf(pod, init, regular, input.IsTerminal);

        // A pod that has ended stays ended.
        if (old.Phase is "Failed" or "Succeeded")
        {
            phase = old.Phase;
        }

        var addresses = Addresses(pod, input.Runtime, old);
        var status = new PodStatus
        {
            ObservedGeneration = pod.Metadata.Generation,
            Phase = phase,
            Reason = input.Verdict?.Reason ?? (phase is "Failed" or "Succeeded" ? old.Reason : ""),
            Message = input.Verdict?.Message ?? (phase is "Failed" or "Succeeded" ? old.Message : ""),
            NominatedNodeName = old.NominatedNodeName,
            HostIP = node.AddressTexts[0],
            HostIPs = [.. node.AddressTexts.Select(a => new HostIP { Ip = a })],
            PodIP = addresses.Count > 0 ? addresses[0] : "",
            PodIPs = [.. addresses.Select(a => new PodIP { Ip = a })],
            StartTime = old.StartTime ?? time.NowSeconds(),
            InitContainerStatuses = [.. init],
            ContainerStatuses = [.. regular],
            EphemeralContainerStatuses = [.. ephemeral],
            QosClass = pod.Qos.ToString(),
            ResourceClaimStatuses = old.ResourceClaimStatuses,
            Resources = WithKnownMemoryRequest(AggregatedResources(input.Actual), old),
            AllocatedResources = AggregatedResources(pod).Requests,
        };
        return status with { Conditions = Conditions(input, status, init, regular) };
    }

    /// <summary>The last status of a pod that has ended: what of it never came to an end by itself counts as failed.</summary>
    /// <remarks>The conditions go on telling how far it came.</remarks>
    /// <param name="pod">The pod, with the status that it had before.</param>
    /// <param name="status">The status that follows from what is left of its containers.</param>
    public static PodStatus Ended(Pod pod, PodStatus status)
    {
        static ContainerStatus Lost(ContainerStatus s) => s.State.Terminated is not null ? s : s with
        {
            State = new()
            {
                Terminated = new()
                {
                    ExitCode = ContainerStatusBuilder.KilledExitCode,
                    Reason = "ContainerStatusUnknown",
                    Message = "The container could not be located when the pod was terminated",
                },
            },
        };

        // Init containers up to the last that ever started; the first always.
        var tried = 1;
        for (var i = 0; i < status.InitContainerStatuses.Count; i++)
        {
            tried = status.InitContainerStatuses[i] is { State.Waiting: null } or { LastState.Terminated: not null } ? i + 1 : tried;
        }

        return status with
        {
            Phase = status.Phase is "Failed" or "Succeeded" ? status.Phase : "Failed",
            InitContainerStatuses = [.. status.InitContainerStatuses.Select((s, i) => i < tried ? Lost(s) : s)],
            ContainerStatuses = HadInitialized(pod) ? [.. status.ContainerStatuses.Select(Lost)] : status.ContainerStatuses,
        };
    }

    /// <summary>True if the pod's status shows that its containers were free to start.</summary>
    private static bool HadInitialized(Pod pod) =>
        pod.Spec.InitContainers is not [.., var last]
        || pod.Status.ContainerStatuses.Any(s => s is { LastState.Terminated: not null } or { State.Running: not null } or { State.Terminated: not null })
        || pod.Status.InitContainerStatuses.FirstOrDefault(s => s.Name == last.Name) is { } status
            && (last.IsSidecar ? status.State.Running is not null : status.State.Terminated is { ExitCode: 0 });

    /// <summary>The status of a pod that the node does not take.</summary>
    public PodStatus Rejected(Pod pod, string reason, string message) => new()
    {
        ObservedGeneration = pod.Metadata.Generation,
        Phase = "Failed",
        Reason = reason,
        Message = "Pod was rejected: " + message,
        StartTime = pod.Status.StartTime ?? time.NowSeconds(),
        QosClass = pod.Qos.ToString(),
    };

    /// <summary>The phase that follows from the containers.</summary>
    internal static string PhaseOf(Pod pod, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> regular, bool isTerminal)
    {
        var initialized = regular.Any(HasStarted);
        var pendingInit = 0;
        var pendingSidecars = 0;
        var (running, waiting, stopped, succeeded, unknown) = (0, 0, 0, 0, 0);
        foreach (var container in pod.Spec.InitContainers)
        {
            var status = init.FirstOrDefault(s => s.Name == container.Name);
            if (container.IsSidecar)
            {
                switch (status)
                {
                    case null:
                        unknown++;
                        break;
                    case { State.Running: not null }:
                        pendingSidecars += status.Started == true ? 0 : 1;
                        running++;
                        break;
                    case { State.Waiting: not null, LastState.Terminated: null }:
                        pendingSidecars++;
                        waiting++;
                        break;
                }

                continue;
            }

            if (status is { State.Waiting: not null, LastState.Terminated.Reason: RestartingAll })
            {
                // About to start over: the pod goes on where it was.
                continue;
            }

            var ended = status?.State.Terminated ?? (status?.State.Waiting is not null ? status.LastState.Terminated : null);
            if (ended is null)
            {
                pendingInit++;
            }
            else if (ended.ExitCode != 0 && (isTerminal || !RestartPolicies.ShouldRestartAfterExit(pod, container, ended.ExitCode)))
            {
                return "Failed";
            }
            else if (ended.ExitCode != 0)
            {
                pendingInit++;
            }
        }

        var mayRestart = false;
        foreach (var container in pod.Spec.Containers)
        {
            var status = regular.FirstOrDefault(s => s.Name == container.Name);
            switch (status)
            {
                case null:
                    unknown++;
                    break;
                case { State.Running: not null }:
                    running++;
                    break;
                case { State.Terminated: { } ended }:
                    stopped++;
                    succeeded += ended.ExitCode == 0 ? 1 : 0;
                    mayRestart |= RestartPolicies.ShouldRestartAfterExit(pod, container, ended.ExitCode);
                    break;
                case { State.Waiting: not null, LastState.Terminated: { } last }:
                    stopped++;
                    mayRestart |= last.Reason == RestartingAll || RestartPolicies.ShouldRestartAfterExit(pod, container, last.ExitCode);
                    break;
                case { State.Waiting: not null }:
                    waiting++;
                    break;
                default:
                    unknown++;
                    break;
            }
        }

        if (pendingInit > 0 && !initialized)
        {
            return "Pending";
        }

        if ((pendingSidecars > 0 && !initialized) || waiting > 0)
        {
            return "Pending";
        }

        if (isTerminal && unknown == 0 && stopped > 0)
        {
            return stopped == succeeded ? "Succeeded" : "Failed";
        }

        var sidecarsRunning = pod.Spec.InitContainers.Count(c => c.IsSidecar && init.Any(s => s.Name == c.Name && s.State.Running is not null));
        if (running - sidecarsRunning > 0 && unknown == 0)
        {
            return "Running";
        }

        if (stopped > 0 && unknown == 0)
        {
            return mayRestart || running > 0 ? "Running" : stopped == succeeded ? "Succeeded" : "Failed";
        }

        return "Pending";
    }

    private static bool HasStarted(ContainerStatus status) =>
        status.State.Running is not null
        || status.State.Terminated is not null
        || status.LastState.Terminated is { Reason: not RestartingAll }
        || status.Started == true;

    private List<string> Addresses(Pod pod, RuntimePod runtime, PodStatus old)
    {
        if (pod.UsesHostNetwork)
        {
            return [.. node.AddressTexts];
        }

        return runtime.Addresses.Count > 0 ? [.. runtime.Addresses] : [.. old.PodIPs.Select(a => a.Ip)];
    }

    private ApiList<PodCondition> Conditions(StatusInput input, PodStatus status, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> regular)
    {
        var (pod, old) = (input.Pod, input.Old);
        var containersReady = PodConditions.ContainersReady(pod, init, regular, status.Phase);
        List<PodCondition> own =
        [
            PodConditions.ReadyToStart(pod, input.Runtime),
            PodConditions.Initialized(pod, init, regular, status.Phase),
            PodConditions.Ready(pod, containersReady),
            containersReady,
            new() { Type = "PodScheduled", Status = "True" },
            .. input.ExtraConditions,
        ];
        var now = time.NowSeconds();
        return
        [
            .. own.Select(condition =>
            {
                var before = old.Conditions.FirstOrDefault(c => c.Type == condition.Type);
                return condition with
                {
                    ObservedGeneration = condition.ObservedGeneration != 0 || condition.Type == AllRestarting
                        ? condition.ObservedGeneration
                        : pod.Metadata.Generation,
                    LastTransitionTime = before?.Status == condition.Status ? before.LastTransitionTime ?? now : now,
                };
            }),

            // What others have set (readiness gates, disruption) is theirs.
            .. pod.Status.Conditions.Where(c => !IsOwn(c.Type) && own.All(o => o.Type != c.Type)),
        ];
    }

    /// <summary>No control group tells what memory a pod has asked for, so that a change of it does not show here, in the kubelet's status either.</summary>
    private static ResourceRequirements WithKnownMemoryRequest(ResourceRequirements resources, PodStatus old) =>
        resources.Requests.ContainsKey("memory") && old.Resources?.Requests.GetValueOrDefault("memory") is { } known
            ? resources with { Requests = resources.Requests.With("memory", known) }
            : resources;

    private static ResourceRequirements AggregatedResources(Pod pod) => new()
    {
        Requests = Aggregate(pod, r => r.Requests),
        Limits = Aggregate(pod, r => r.Limits),
    };

    private static ApiMap<Quantity> Aggregate(Pod pod, Func<ResourceRequirements, ApiMap<Quantity>> side)
    {
        var sums = new Dictionary<string, Quantity>();
        var sidecars = new Dictionary<string, Quantity>();
        var peaks = new Dictionary<string, Quantity>();
        static void Add(Dictionary<string, Quantity> to, ApiMap<Quantity> amounts)
        {
            foreach (var (name, amount) in amounts)
            {
                to[name] = to.TryGetValue(name, out var sum) ? sum + amount : amount;
            }
        }

        static void Raise(Dictionary<string, Quantity> to, IEnumerable<KeyValuePair<string, Quantity>> amounts)
        {
            foreach (var (name, amount) in amounts)
            {
                to[name] = to.TryGetValue(name, out var peak) && peak >= amount ? peak : amount;
            }
        }

        foreach (var container in pod.Spec.InitContainers)
        {
            var amounts = side(container.Resources);
            if (container.IsSidecar)
            {
                Add(sidecars, amounts);
                Raise(peaks, sidecars);
            }
            else
            {
                var together = new Dictionary<string, Quantity>(sidecars);
                Add(together, amounts);
                Raise(peaks, together);
            }
        }

        foreach (var container in pod.Spec.Containers)
        {
            Add(sums, side(container.Resources));
        }

        foreach (var (name, amount) in sidecars)
        {
            sums[name] = sums.TryGetValue(name, out var sum) ? sum + amount : amount;
        }

        Raise(sums, peaks);
        foreach (var (name, amount) in pod.Spec.Resources is { } podLevel ? side(podLevel) : ApiMap<Quantity>.Empty)
        {
            sums[name] = amount;
        }

        return sums;
    }
}
