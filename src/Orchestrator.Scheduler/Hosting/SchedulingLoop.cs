using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Nodes;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Preemption;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>The scheduler itself: hears of changes, keeps the queue, and decides one pod after the other. Used by one thread at a time; does no I/O.</summary>
internal sealed class SchedulingLoop(WorkloadSelectors workloads, ISchedulerOutput output, SchedulerOptions options, TimeProvider time, Random random)
{
    // What upstream's plugin for device claims adds to every message: about a pod without claims, one whose claims stay, one whose claim is freed.
    private const string NoClaims = "no new claims to deallocate, preemption: ";
    private const string ClaimsStay = "still not schedulable, preemption: ";
    private const string ClaimReleased = "deallocation of ResourceClaim completed, preemption: ";
    private const string NotPrepared = " not found";

    private const Plugins NodePlugins = Plugins.NodeUnschedulable | Plugins.NodeName | Plugins.TaintToleration | Plugins.NodeAffinity
        | Plugins.NodeResourcesFit | Plugins.PodTopologySpread | Plugins.InterPodAffinity | Plugins.NoNodes | Plugins.Volumes | Plugins.NodeDeclaredFeatures
        | Plugins.DynamicResources;

    private const Plugins RemovalPlugins = Plugins.NodePorts | Plugins.NodeResourcesFit | Plugins.PodTopologySpread | Plugins.InterPodAffinity
        | Plugins.VolumeRestrictions | Plugins.NodeVolumeLimits;

    // How often waits for volumes are checked for their time limit.
    private static readonly TimeSpan VolumePeriod = TimeSpan.FromSeconds(10);

    private readonly HashSet<QueuedPod> _lacking = [];
    private readonly Dictionary<QueuedPod, DeviceWait> _deviceWaits = [];

    /// <summary>A pod that has a node and whose claims are being written.</summary>
    private readonly record struct DeviceWait(string Node, DevicePlan Devices, VolumePlan? Volumes);

    /// <summary>Counts attempts; null counts nothing.</summary>
    public SchedulerInstruments? Instruments { get; set; }

    public ClusterState Cluster { get; } = new();

    public SchedulingQueue Queue { get; } = new(time);

    public VolumeCatalog Storage { get; } = new();

    public DeviceCatalog Devices { get; } = new();

    public DisruptionBudgets Budgets { get; } = new();

    public Nominations Nominations { get; } = new();

    public VolumeWaits VolumeWaits => field ??= new(Storage, time, options.VolumeBindTimeout);

    public Preemptor Preemptor => field ??= new(Cluster, Placer, Budgets, random);

    private QueueingHints Hints => field ??= new(Queue);

    private DeviceAllocator Allocator => field ??= new(Devices, new());

    public PodPlacer Placer => field ??= new(Cluster, workloads, random);

    /// <summary>Takes the next pod of the queue and decides about it. False if none is waiting for its turn.</summary>
    public bool ScheduleNext()
    {
        var startedAt = time.GetTimestamp();
        if (!Queue.TryPop(out var queued))
        {
            return false;
        }

        if (queued.Info.IsTerminating)
        {
            Drop(queued);
            return true;
        }

        try
        {
            Schedule(queued);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or OverflowException)
        {
            // Of this pod or of something that it refers to; the others go on.
            output.Refused(queued, "SchedulerError", e.Message, null);
            Queue.FailByError(queued);
        }

        Instruments?.Attempted(queued, time.GetElapsedTime(startedAt));
        return true;
    }

    /// <summary>Does what is due by time, and tells when to look again; null if nothing is waited for.</summary>
    public TimeSpan? Advance()
    {
        var wait = Queue.Advance();
        if (VolumeWaits.IsEmpty)
        {
            return wait;
        }

        ContinueWaits();
        return wait is { } due && due < VolumePeriod ? due : VolumePeriod;
    }

    public void OnPod(Pod pod)
    {
        if (pod.IsTerminal)
        {
            OnPodDeleted(pod);
        }
        else if (pod.Spec.NodeName.Length > 0)
        {
            OnAssigned(pod);
        }
        else if (pod.Spec.SchedulerName == options.SchedulerName)
        {
            OnPending(pod);
        }
    }

    public void OnPodDeleted(Pod pod)
    {
        if (Queue.Find(pod.Key) is { } queued)
        {
            Drop(queued);
        }

        if (Cluster.Pods.TryGetValue(pod.Key, out var info))
        {
            var node = info.Node;
            Cluster.Remove(info);
            Hints.Announce(new(RemovalPlugins, node, info));
            Cluster.Release(info);
        }
    }

    public void OnNode(Node node)
    {
        var known = Cluster.Nodes.TryFind(node.Metadata.Name, out var slot) ? Cluster.Nodes.Nodes[slot] : null;
        Cluster.Nodes.Set(node);
        if (known is null || QueueingHints.Helps(known, node))
        {
            Hints.Announce(new(NodePlugins, Cluster.Nodes.SlotOf(node.Metadata.Name)));
        }
    }

    public void OnNodeDeleted(string name) => Cluster.Nodes.Remove(name);

    public void OnNamespace(string name, ApiMap<string>? labels)
    {
        Cluster.SetNamespace(name, labels);
        Hints.Announce(new(Plugins.InterPodAffinity));
    }

    /// <summary>Something changed among claims, volumes, storage classes, drivers or capacities.</summary>
    public void OnStorageChanged()
    {
        ContinueWaits();
        Hints.Announce(new(Plugins.Volumes));
    }

    /// <summary>Something changed among claims for devices, their classes, or devices.</summary>
    public void OnDevicesChanged()
    {
        foreach (var queued in _lacking.Where(q => PodDevices.Lack(q.Info.Pod, Devices) is null).ToArray())
        {
            _lacking.Remove(queued);
            queued.LacksClaims = false;
            Queue.Activate(queued);
        }

        Hints.Announce(new(Plugins.DynamicResources));
    }

    /// <summary>The claims of a pod are its own now, or could not be made so.</summary>
    public void OnDevicesWritten(QueuedPod queued, string? failure)
    {
        if (!_deviceWaits.Remove(queued, out var wait))
        {
            return;
        }

        foreach (var (claim, _) in wait.Devices.Claims)
        {
            // What was written is among the claims by now.
            Devices.Forget(claim);
        }

        if (failure is not null)
        {
            OnBindFailed(queued, failure, isGone: false);
        }
        else
        {
            Bind(queued, wait.Node, wait.Volumes);
        }
    }

    /// <summary>The claims and volumes of a pod have been written; now the volume controller or a provisioner binds them.</summary>
    public void OnVolumesWritten(QueuedPod queued)
    {
        VolumeWaits.OnWritten(queued);
        ContinueWaits();
    }

    /// <summary>Binds the pods whose claims are bound by now, and gives up on those that waited too long.</summary>
    public void ContinueWaits()
    {
        if (VolumeWaits.IsEmpty)
        {
            return;
        }

        foreach (var ended in VolumeWaits.TakeEnded())
        {
            if (ended.Failure is null)
            {
                output.Bind(ended.Pod, ended.Node);
            }
            else
            {
                OnBindFailed(ended.Pod, ended.Failure, isGone: false);
            }
        }
    }

    /// <summary>The victims of a pod have been told to go, or could not be.</summary>
    public void OnPreempted(QueuedPod queued, bool succeeded)
    {
        queued.IsPreempting = false;
        if (queued.Place != QueuePlace.Unschedulable)
        {
            return;
        }

        // The last victim may be gone already.
        if (!succeeded
            || (queued.NominatedNode is { } node && Cluster.Nodes.TryFind(node, out var slot) && Placer.Check(queued.Info, slot, null) == Verdicts.Fits))
        {
            Queue.Retry(queued);
        }
    }

    /// <summary>The binding was refused or could not be made.</summary>
    /// <param name="queued">The pod.</param>
    /// <param name="message">Why.</param>
    /// <param name="isGone">The pod has been deleted or has a node already: nothing is left to do.</param>
    public void OnBindFailed(QueuedPod queued, string message, bool isGone)
    {
        var info = queued.Info;
        if (!Cluster.Pods.TryGetValue(info.Key, out var known) || known != info || !info.IsAssumed)
        {
            return;
        }

        VolumeWaits.Cancel(queued);
        _deviceWaits.Remove(queued);
        var node = info.Node;
        info.IsAssumed = false;
        Cluster.Remove(info);
        Hints.Announce(new(RemovalPlugins, node, info));
        if (isGone)
        {
            Cluster.Release(info);
            return;
        }

        output.Refused(queued, "SchedulerError", message, null);
        Queue.FailByError(queued);
    }

    private void Schedule(QueuedPod queued)
    {
        var nodes = Cluster.Nodes;
        if (nodes.PresentCount == 0)
        {
            output.Refused(queued, "Unschedulable", FitMessage.NoNodes, null);
            Queue.Refuse(queued, Plugins.NoNodes);
            return;
        }

        if (queued.Info.Pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required
            && NodeMatcher.Of(required).NamesAllowed is { Count: 0 })
        {
            output.Refused(queued, "Unschedulable", FitMessage.OfPod(nodes.PresentCount, "pod affinity terms conflict") + NotPrepared, null);
            Queue.Refuse(queued, Plugins.NodeAffinity);
            return;
        }

        var volumes = PodVolumes.Of(queued.Info, Cluster, Storage, out var refusal, out var refusedBy);
        if (refusal is not null)
        {
            output.Refused(queued, "Unschedulable", FitMessage.OfPod(nodes.PresentCount, refusal) + NotPrepared, null);
            Queue.Refuse(queued, refusedBy);
            return;
        }

        var devices = PodDevices.Of(queued.Info, Cluster, Devices, Allocator, out refusal);
        var attempt = new PodAttempt(queued, volumes, devices, Cluster, Nominations, Placer);
        if (refusal is not null)
        {
            var helpless = FitMessage.Of(nodes.PresentCount, new() { ["Preemption is not helpful for scheduling"] = nodes.PresentCount });
            output.Refused(queued, "Unschedulable", $"{FitMessage.OfPod(nodes.PresentCount, refusal)} {ClaimsStay}{helpless}", null);
            Queue.Refuse(queued, Plugins.DynamicResources);
            return;
        }

        var nominated = queued.NominatedNode is { } name && nodes.TryFind(name, out var room) ? room : -1;
        var slot = Placer.Choose(queued.Info, volumes is null && devices is null && Nominations.IsEmpty ? null : attempt, nominated);
        if (slot >= 0)
        {
            Assume(queued, slot, volumes?.PlanFor(slot), devices?.PlanFor(slot));
        }
        else
        {
            Refuse(queued, attempt);
        }
    }

    private void Assume(QueuedPod queued, int slot, VolumePlan? plan, DevicePlan? devices)
    {
        var node = Cluster.Nodes.NodeNames[slot];
        queued.Info.IsAssumed = true;
        Nominations.Set(queued, null);
        Queue.Done(queued);
        Cluster.Add(queued.Info, slot);
        if (plan is not null)
        {
            VolumeWaits.Begin(queued, node, plan);
        }

        if (devices is null)
        {
            Bind(queued, node, plan);
            return;
        }

        foreach (var (claim, allocation) in devices.Claims)
        {
            if (allocation is not null)
            {
                Devices.Assume(claim, allocation);
            }
        }

        _deviceWaits[queued] = new(node, devices, plan);
        output.BindDevices(queued, node, devices);
    }

    private void Bind(QueuedPod queued, string node, VolumePlan? volumes)
    {
        if (volumes is null)
        {
            output.Bind(queued, node);
        }
        else
        {
            output.BindVolumes(queued, node, volumes);
        }
    }

    private void Refuse(QueuedPod queued, PodAttempt attempt)
    {
        // Looking for victims changes what the placer holds.
        var codes = Placer.Codes.ToArray();
        var by = Plugins.None;
        foreach (var code in codes)
        {
            by |= Placer.Verdicts[code].Plugin;
        }

        var message = FitMessage.Of(Cluster.Nodes.PresentCount, codes, Placer.Verdicts);
        var outcome = Preemptor.Find(queued, attempt, codes);
        Queue.Refuse(queued, by);
        if (outcome.Candidate is { } candidate)
        {
            var node = Cluster.Nodes.NodeNames[candidate.Slot];
            Nominations.Set(queued, node);
            queued.IsPreempting = true;
            output.Refused(queued, "Unschedulable", message, node);
            output.Preempt(queued, node, candidate.Victims);
            ForgetLesser(queued, node);
            return;
        }

        string? nomination = null;
        if (outcome.ForgetNomination && queued.NominatedNode is not null)
        {
            Nominations.Set(queued, null);
            nomination = "";
        }

        var claims = NoClaims;
        if (attempt.Devices is { } devices)
        {
            claims = ClaimsStay;
            if (devices.Releasable is { } claim)
            {
                claims = ClaimReleased;
                output.ReleaseDevices(claim);
            }
        }

        output.Refused(queued, "Unschedulable", $"{message} {claims}{outcome.Message}", nomination);
    }

    /// <summary>Less important pods that waited for the same room look elsewhere.</summary>
    private void ForgetLesser(QueuedPod queued, string node)
    {
        foreach (var other in Nominations.On(node).Where(o => o.Info.Priority < queued.Info.Priority).ToArray())
        {
            Nominations.Set(other, null);
            output.ForgetNomination(other);
            Queue.Retry(other);
        }
    }

    private void OnAssigned(Pod pod)
    {
        if (Queue.Find(pod.Key) is { } queued)
        {
            Drop(queued);
        }

        var slot = Cluster.Nodes.SlotOf(pod.Spec.NodeName);
        var now = Cluster.Describe(pod, onNode: true);
        if (Cluster.Pods.TryGetValue(pod.Key, out var known))
        {
            if (known.Uid == now.Uid && known.Node == slot && known.Shape == now.Shape && known.Request == now.Request && known.IsTerminating == now.IsTerminating)
            {
                // The usual case: a confirmation of what was assumed, or a change of status.
                known.Pod = pod;
                known.IsAssumed = false;
                Cluster.Release(now);
                return;
            }

            var smaller = now.Request.Cpu < known.Request.Cpu || now.Request.Memory < known.Request.Memory;
            Cluster.Remove(known);
            slot = Cluster.Nodes.SlotOf(pod.Spec.NodeName);
            Cluster.Add(now, slot);
            Hints.Announce(new(QueueingHints.NeighbourPlugins | (smaller ? Plugins.NodeResourcesFit : Plugins.None), slot, now));
            Cluster.Release(known);
            return;
        }

        Cluster.Add(now, slot);
        Hints.Announce(new(QueueingHints.NeighbourPlugins, slot, now));
    }

    private void OnPending(Pod pod)
    {
        if (Cluster.Pods.TryGetValue(pod.Key, out var assumed))
        {
            if (assumed.Uid == pod.Metadata.Uid)
            {
                // On its way to its node; what changed on it will come with the binding's news.
                return;
            }

            OnPodDeleted(assumed.Pod);
        }

        var known = Queue.Find(pod.Key);
        if (known is not null && known.Info.Uid != pod.Metadata.Uid)
        {
            Drop(known);
            known = null;
        }

        if (pod.Metadata.DeletionTimestamp is not null)
        {
            if (known is not null)
            {
                Drop(known);
            }

            return;
        }

        var info = Cluster.Describe(pod, onNode: false);
        if (known is null)
        {
            var queued = new QueuedPod { Info = info };
            LookForClaims(queued);
            Nominations.Set(queued, pod.Status.NominatedNodeName is { Length: > 0 } nominated ? nominated : null);
            Queue.Add(queued);
            return;
        }

        var old = known.Info;
        known.Info = info;
        LookForClaims(known);
        Cluster.Release(old);
        if (known.Place == QueuePlace.Gated)
        {
            if (!known.IsGated)
            {
                Queue.Activate(known);
            }
        }
        else if (old.Shape != info.Shape || old.Priority != info.Priority)
        {
            // It asks for something else now.
            Queue.Activate(known);
        }
    }

    /// <summary>Holds a pod whose claims for devices are not there yet.</summary>
    private void LookForClaims(QueuedPod queued)
    {
        queued.LacksClaims = queued.Info.Pod.Spec.ResourceClaims.Count > 0 && PodDevices.Lack(queued.Info.Pod, Devices) is not null;
        if (queued.LacksClaims)
        {
            _lacking.Add(queued);
        }
        else
        {
            _lacking.Remove(queued);
        }
    }

    private void Drop(QueuedPod queued)
    {
        _lacking.Remove(queued);
        Nominations.Set(queued, null);
        Queue.Remove(queued);
        Cluster.Release(queued.Info);
    }
}
