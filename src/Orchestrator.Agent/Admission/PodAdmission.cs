using Orchestrator.Agent.Eviction;
using Orchestrator.Agent.Linux;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;

namespace Orchestrator.Agent.Admission;

/// <summary>Decides whether the node takes a pod: its resources, ports, labels and abilities.</summary>
/// <remarks>Decisions are made one after the other, so that two pods cannot both get the last place.</remarks>
internal sealed class PodAdmission(NodeFacts node, NodePressure pressure)
{
    /// <summary>The reason of a pod that the node's labels do not suit.</summary>
    public const string NodeAffinity = "NodeAffinity";

    /// <summary>The reason of a pod that does not tolerate the node's taints.</summary>
    public const string Taints = "TaintToleration";

    // What a pod may set of the kernel without harm to others.
    private static readonly string[] SafeSysctls =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    private static readonly Taint MemoryPressure = new() { Key = "node.kubernetes.io/memory-pressure", Effect = "NoSchedule" };

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pod> _admitted = [];

    /// <summary>Takes a pod, or says why not.</summary>
    public PodRejection? Admit(Pod pod)
    {
        lock (_lock)
        {
            if (_admitted.ContainsKey(pod.Metadata.Uid))
            {
                return null;
            }

            var rejection = Check(pod);
            if (rejection is null)
            {
                _admitted[pod.Metadata.Uid] = pod;
            }

            return rejection;
        }
    }

    /// <summary>Takes a pod that runs already, without asking.</summary>
    public void Adopt(Pod pod)
    {
        lock (_lock)
        {
            _admitted[pod.Metadata.Uid] = pod;
        }
    }

    /// <summary>Gives back what a pod held, because it has ended.</summary>
    public void Release(string uid)
    {
        lock (_lock)
        {
            _admitted.Remove(uid);
        }
    }

    /// <summary>Takes a pod's changed resources, or says which is not there now.</summary>
    public PodRejection? Resize(Pod pod)
    {
        lock (_lock)
        {
            var rejection = CheckResources(pod);
            if (rejection is null)
            {
                _admitted[pod.Metadata.Uid] = pod;
            }

            return rejection;
        }
    }

    private PodRejection? Check(Pod pod)
    {
        if (CheckPressure(pod) is { } pressed)
        {
            return pressed;
        }

        if (pod.Spec.Os is { Name: { Length: > 0 } os } && os != "linux")
        {
            return new("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
        }

        if (pod.AllContainers.Any(c => c.SecurityContext?.AppArmorProfile is { Type: not "Unconfined" })
            || pod.Spec.SecurityContext?.AppArmorProfile is { Type: not "Unconfined" })
        {
            if (!File.Exists("/sys/module/apparmor/parameters/enabled"))
            {
                return new("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host");
            }
        }

        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? ApiList<Sysctl>.Empty)
        {
            if (!SafeSysctls.Contains(SysctlName.Normalize(sysctl.Name)))
            {
                return new("SysctlForbidden", $"forbidden sysctl: \"{sysctl.Name}\" not allowlisted");
            }
        }

        if (pod.Spec.SecurityContext?.SupplementalGroupsPolicy == "Strict" && node.SupportsStrictGroups == false)
        {
            return new("SupplementalGroupsPolicyNotSupported", "SupplementalGroupsPolicy=Strict is not supported in this node");
        }

        if (CheckResources(pod) is { } shortage)
        {
            return shortage;
        }

        if (!NodeSelection.Matches(pod, node))
        {
            return new(NodeAffinity, "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
        }

        if (HostPorts(pod).Any(wanted => _admitted.Values.Any(other => HostPorts(other).Any(taken => Conflict(wanted, taken)))))
        {
            return new("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
        }

        // Only those that would drive the pod out again; a static pod belongs to its node whatever its taints.
        return !pod.IsStatic && node.Taints.Any(t => t.Effect == "NoExecute" && !pod.Spec.Tolerations.Any(toleration => Tolerates(toleration, t)))
            ? new(Taints, "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate")
            : null;
    }

    /// <summary>A node that is short takes no more of what it would have to evict: of memory, pods that ask for none; of disk, any.</summary>
    private PodRejection? CheckPressure(Pod pod)
    {
        var (memory, disk) = (pressure.HasMemoryPressure, pressure.HasDiskPressure);
        if ((!memory && !disk) || pod.IsStatic || pod.Spec.Priority >= PodExtensions.CriticalPriority)
        {
            return null;
        }

        if (!disk && (pod.Qos != QosClass.BestEffort || pod.Spec.Tolerations.Any(t => Tolerates(t, MemoryPressure))))
        {
            return null;
        }

        var conditions = (memory, disk) switch { (true, true) => "MemoryPressure DiskPressure", (true, _) => "MemoryPressure", _ => "DiskPressure" };
        return new("Evicted", $"The node had condition: [{conditions}]. ");
    }

    private PodRejection? CheckResources(Pod pod)
    {
        var others = _admitted.Values.Where(p => p.Metadata.Uid != pod.Metadata.Uid).ToList();
        if (others.Count + 1 > node.Allocatable["pods"].Value)
        {
            return Shortage("pods", 1, others.Count, node.Allocatable["pods"].Value);
        }

        // cpu and memory first, as the scheduler's predicate counts them; a resource the node never heard of is not the node's business.
        foreach (var resource in PodResources.RequestedNames(pod).OrderBy(r => r switch { "cpu" => 0, "memory" => 1, "ephemeral-storage" => 2, _ => 3 }).ThenBy(r => r, StringComparer.Ordinal))
        {
            var request = PodResources.Request(pod, resource);
            if (request == 0 || !node.Allocatable.TryGetValue(resource, out var allocatable))
            {
                continue;
            }

            var capacity = resource == "cpu" ? allocatable.MilliValue : allocatable.Value;
            var used = others.Sum(p => PodResources.Request(p, resource));
            if (used + request > capacity)
            {
                return Shortage(resource, request, used, capacity);
            }
        }

        return null;
    }

    private static PodRejection Shortage(string resource, long requested, long used, long capacity) =>
        new("OutOf" + resource, $"Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}");

    private static bool Tolerates(Toleration toleration, Taint taint) =>
        (toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
        && (toleration.Key.Length == 0 || toleration.Key == taint.Key)
        && toleration.Operator switch
        {
            "Exists" => true,
            "" or "Equal" => toleration.Key.Length > 0 && toleration.Value == taint.Value,
            _ => false,
        };

    private static IEnumerable<ContainerPort> HostPorts(Pod pod) =>
        pod.Spec.InitContainers.Where(c => c.IsSidecar).Concat(pod.Spec.Containers).SelectMany(c => c.Ports).Where(p => p.HostPort > 0);

    private static bool Conflict(ContainerPort a, ContainerPort b) =>
        a.HostPort == b.HostPort
        && Protocol(a) == Protocol(b)
        && (Address(a) == Address(b) || Address(a) == "0.0.0.0" || Address(b) == "0.0.0.0");

    private static string Protocol(ContainerPort port) => port.Protocol.Length > 0 ? port.Protocol : "TCP";

    private static string Address(ContainerPort port) => port.HostIP.Length > 0 ? port.HostIP : "0.0.0.0";
}
