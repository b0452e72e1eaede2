using Orchestrator.Api.Resources.V1;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Hosting;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Scheduler.Tests.Support;

/// <summary>Remembers what was to be bound and does nothing.</summary>
internal sealed class RefusingOutput : ISchedulerOutput
{
    public List<QueuedPod> Bound { get; } = [];

    public void Bind(QueuedPod pod, string node) => Bound.Add(pod);

    public void BindVolumes(QueuedPod pod, string node, VolumePlan plan)
    {
    }

    public void BindDevices(QueuedPod pod, string node, DevicePlan plan)
    {
    }

    public void ReleaseDevices(ResourceClaim claim)
    {
    }

    public void Preempt(QueuedPod pod, string node, IReadOnlyList<PodInfo> victims)
    {
    }

    public void ForgetNomination(QueuedPod pod)
    {
    }

    public void Refused(QueuedPod pod, string reason, string message, string? nominatedNode)
    {
    }
}
