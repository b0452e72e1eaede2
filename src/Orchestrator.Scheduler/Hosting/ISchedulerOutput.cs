using Orchestrator.Api.Resources.V1;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>Where the scheduling loop's decisions go. Must not block; what comes of them is reported back to the loop.</summary>
internal interface ISchedulerOutput
{
    /// <summary>Bind a pod; then <see cref="SchedulingLoop.OnBound"/> or <see cref="SchedulingLoop.OnBindFailed"/>.</summary>
    void Bind(QueuedPod pod, string node);

    /// <summary>Write what binds a pod's claims; then <see cref="SchedulingLoop.OnVolumesWritten"/> or <see cref="SchedulingLoop.OnBindFailed"/>.</summary>
    void BindVolumes(QueuedPod pod, string node, VolumePlan plan);

    /// <summary>Write what makes claims for devices the pod's; then <see cref="SchedulingLoop.OnDevicesWritten"/>.</summary>
    void BindDevices(QueuedPod pod, string node, DevicePlan plan);

    /// <summary>Take back the devices of a claim that nobody uses.</summary>
    void ReleaseDevices(ResourceClaim claim);

    /// <summary>Remove pods in favour of another; then <see cref="SchedulingLoop.OnPreempted"/>.</summary>
    void Preempt(QueuedPod pod, string node, IReadOnlyList<PodInfo> victims);

    /// <summary>Take a nomination back, since a more important pod gets the room.</summary>
    void ForgetNomination(QueuedPod pod);

    /// <summary>Tell that a pod found no node, or why it could not be tried.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="reason">The condition's reason, <c>Unschedulable</c> or <c>SchedulerError</c>.</param>
    /// <param name="message">For people.</param>
    /// <param name="nominatedNode">Where room is being made; "" takes back an earlier nomination, null leaves it.</param>
    void Refused(QueuedPod pod, string reason, string message, string? nominatedNode);
}
