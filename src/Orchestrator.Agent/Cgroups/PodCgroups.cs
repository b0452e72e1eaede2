using Orchestrator.Agent.Pods;
using Orchestrator.Api;

namespace Orchestrator.Agent.Cgroups;

/// <summary>The groups of pods: <c>root/kubepods[/burstable|/besteffort]/pod&lt;uid&gt;</c>, as the kubelet lays them out without systemd.</summary>
internal sealed class PodCgroups(ICgroups cgroups, string root)
{
    private const string PodPrefix = "pod";
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (QosClass Qos, long CpuMillis)> _pods = [];

    private string Base => root.TrimEnd('/') + "/kubepods";

    /// <summary>The group of a pod, parent of its containers'.</summary>
    public string PathOf(Pod pod) => $"{QosPath(pod.Qos)}/{PodPrefix}{pod.Metadata.Uid}";

    /// <summary>Makes the groups that all pods share.</summary>
    /// <param name="allocatableCpuMillis">Thousandths of cores for all pods together.</param>
    /// <param name="allocatableMemory">Bytes for all pods together; null for no limit.</param>
    public void Initialize(long allocatableCpuMillis, long? allocatableMemory)
    {
        cgroups.Apply(Base, new CgroupLimits { CpuShares = CpuMath.Shares(allocatableCpuMillis), Memory = allocatableMemory });
        cgroups.Apply(QosPath(QosClass.Burstable), new CgroupLimits { CpuShares = CpuMath.Shares(0) });
        cgroups.Apply(QosPath(QosClass.BestEffort), new CgroupLimits { CpuShares = CpuMath.Shares(0) });
    }

    /// <summary>Makes the group of a pod or brings its limits up to date.</summary>
    public void Apply(Pod pod)
    {
        cgroups.Apply(PathOf(pod), PodLimits(pod));
        lock (_lock)
        {
            _pods[pod.Metadata.Uid] = (pod.Qos, PodResources.Requests(pod).CpuMillis);
            UpdateBurstableHoldingLock();
        }
    }

    /// <summary>Gives the group of a pod what it has or what it is to have, whichever is more.</summary>
    /// <remarks>So its containers' groups can be changed: in a hierarchy of version 1 no group may have more than the one around it.</remarks>
    public void Widen(Pod pod)
    {
        var limits = PodLimits(pod);
        if (Read(pod) is { } has)
        {
            limits = limits with
            {
                CpuQuota = Larger(limits.CpuQuota, has.CpuQuota, CgroupLimits.NoQuota),
                Memory = Larger(limits.Memory, has.Memory, CgroupLimits.NoMemoryLimit),
            };
        }

        cgroups.Apply(PathOf(pod), limits);
    }

    /// <summary>The limits that a pod's group has now; null if it is not there.</summary>
    public CgroupLimits? Read(Pod pod) => cgroups.Read(PathOf(pod));

    /// <summary>What a pod has used; null if its group is not there.</summary>
    public CgroupUsage? Usage(Pod pod) => cgroups.Usage(PathOf(pod));

    /// <summary>What all pods have used; null if there is no group.</summary>
    public CgroupUsage? UsageOfAll() => cgroups.Usage(Base);

    /// <summary>Removes the group of a pod. False while processes in it are still dying.</summary>
    public bool Remove(string uid)
    {
        var gone = true;
        foreach (var qos in Enum.GetValues<QosClass>())
        {
            gone &= cgroups.Remove($"{QosPath(qos)}/{PodPrefix}{uid}");
        }

        lock (_lock)
        {
            _pods.Remove(uid);
            UpdateBurstableHoldingLock();
        }

        return gone;
    }

    /// <summary>Removes all groups, for a node that ends for good.</summary>
    public bool RemoveAll() => cgroups.Remove(Base);

    /// <summary>The uids of pods that have a group, whoever made it.</summary>
    public IEnumerable<string> Uids() =>
        Enum.GetValues<QosClass>()
            .SelectMany(q => cgroups.Children(QosPath(q)))
            .Where(n => n.StartsWith(PodPrefix, StringComparison.Ordinal))
            .Select(n => n[PodPrefix.Length..]);

    internal static CgroupLimits PodLimits(Pod pod)
    {
        var requests = PodResources.Requests(pod);
        var limits = PodResources.Limits(pod);
        return pod.Qos switch
        {
            QosClass.BestEffort => new CgroupLimits { CpuShares = CpuMath.Shares(0) },
            _ => new CgroupLimits
            {
                CpuShares = CpuMath.Shares(requests.CpuMillis),
                CpuQuota = limits.AllHaveCpu ? CpuMath.Quota(limits.CpuMillis) : CgroupLimits.NoQuota,
                Memory = limits.AllHaveMemory ? limits.Memory : CgroupLimits.NoMemoryLimit,
            },
        };
    }

    private static long? Larger(long? a, long? b, long none) => a is null || b is null ? a : a == none || b == none ? none : Math.Max(a.Value, b.Value);

    private void UpdateBurstableHoldingLock()
    {
        var millis = _pods.Values.Where(p => p.Qos == QosClass.Burstable).Sum(p => p.CpuMillis);
        cgroups.Apply(QosPath(QosClass.Burstable), new CgroupLimits { CpuShares = CpuMath.Shares(millis) });
    }

    private string QosPath(QosClass qos) => qos switch
    {
        QosClass.Burstable => Base + "/burstable",
        QosClass.BestEffort => Base + "/besteffort",
        _ => Base,
    };
}
