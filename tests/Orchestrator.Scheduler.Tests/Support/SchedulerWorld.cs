using System.Globalization;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Hosting;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Scheduler.Tests.Support;

/// <summary>A cluster in memory around the scheduling loop: carries out at once what the loop decides, and tells it so.</summary>
internal sealed class SchedulerWorld : ISchedulerOutput
{
    private readonly Queue<Action> _mailbox = new();
    private long _made;

    public SchedulerWorld(int seed = 1) => Loop = new(Workloads, this, new(), Clock, new Random(seed));

    public HandClock Clock { get; } = new();

    public ServiceWorkloads Workloads { get; } = new();

    public SchedulingLoop Loop { get; }

    public Dictionary<string, Pod> Pods { get; } = [];

    public List<SchedulerEvent> Events { get; } = [];

    /// <summary>The node of a pod; "" if it has none.</summary>
    public string NodeOf(string pod) => Pods[pod].Spec.NodeName;

    public string MessageOf(string pod) => Pods[pod].FindCondition("PodScheduled")?.Message ?? "";

    public void Put(Node node) => Loop.OnNode(node);

    public void Put(Pod pod)
    {
        Pods[pod.Metadata.Name] = pod;
        Loop.OnPod(pod);
    }

    public void Put(ResourceClaim claim)
    {
        Loop.Devices.Set(claim);
        Loop.OnDevicesChanged();
    }

    public void Put(DeviceClass deviceClass)
    {
        Loop.Devices.Set(deviceClass);
        Loop.OnDevicesChanged();
    }

    public void Put(ResourceSlice slice)
    {
        Loop.Devices.Set(slice);
        Loop.OnDevicesChanged();
    }

    public ResourceClaim Claim(string name) => Loop.Devices.Claim(new("default", name))!;

    public void Delete(string pod)
    {
        Pods.Remove(pod, out var last);
        Loop.OnPodDeleted(last!);
    }

    /// <summary>Runs until nothing is left to do at this time.</summary>
    public void Settle()
    {
        do
        {
            while (_mailbox.TryDequeue(out var letter))
            {
                letter();
            }

            Loop.Advance();
        }
        while (Loop.ScheduleNext() || _mailbox.Count > 0);
    }

    public Pod NewPod(string name, Func<PodSpec, PodSpec>? spec = null, string cpu = "", string memory = "", Dictionary<string, string>? labels = null, string node = "", int priority = 0)
    {
        var requests = new Dictionary<string, Quantity>();
        if (cpu.Length > 0)
        {
            requests["cpu"] = Quantity.Parse(cpu);
        }

        if (memory.Length > 0)
        {
            requests["memory"] = Quantity.Parse(memory);
        }

        var plain = new PodSpec
        {
            SchedulerName = "default-scheduler",
            NodeName = node,
            Priority = priority,
            Containers = [new Container { Name = "app", Image = "app:v1", Resources = new() { Requests = requests } }],
        };
        return new()
        {
            Metadata = new()
            {
                Namespace = "default",
                Name = name,
                Uid = (++_made).ToString(CultureInfo.InvariantCulture),
                Generation = 1,
                Labels = labels ?? [],
            },
            Spec = spec?.Invoke(plain) ?? plain,
        };
    }

    public static Node NewNode(string name, string cpu = "4", string memory = "8Gi", int pods = 110, Dictionary<string, string>? labels = null, params Taint[] taints) => new()
    {
        Metadata = new() { Name = name, Labels = new Dictionary<string, string>(labels ?? []) { ["kubernetes.io/hostname"] = name } },
        Spec = new() { Taints = taints.ToApiList() },
        Status = new()
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                ["cpu"] = Quantity.Parse(cpu),
                ["memory"] = Quantity.Parse(memory),
                ["pods"] = Quantity.FromLong(pods),
            },
        },
    };

    public void Bind(QueuedPod pod, string node)
    {
        var current = Pods[pod.Info.Key.Name];
        Events.Add(new(pod.Info.Key.Name, "Normal", "Scheduled", $"Successfully assigned {pod.Info.Key} to {node}"));
        var bound = current with
        {
            Spec = current.Spec with { NodeName = node },
            Status = (current.Status with { NominatedNodeName = "" }).WithCondition(new() { Type = "PodScheduled", Status = "True" }),
        };
        _mailbox.Enqueue(() => Put(bound));
    }

    public void BindVolumes(QueuedPod pod, string node, VolumePlan plan) => _mailbox.Enqueue(() =>
    {
        // Plays the volume controller as well.
        foreach (var (claim, volume) in plan.Bindings)
        {
            Loop.Storage.Set(volume with { Spec = volume.Spec with { ClaimRef = claim.ToReference() } });
            Loop.Storage.Set(claim with
            {
                Metadata = claim.Metadata with { Annotations = claim.Metadata.Annotations.With(VolumeAnnotations.BindCompleted, "yes") },
                Spec = claim.Spec with { VolumeName = volume.Metadata.Name },
            });
        }

        Loop.OnVolumesWritten(pod);
    });

    public void BindDevices(QueuedPod pod, string node, DevicePlan plan)
    {
        foreach (var (claim, allocation) in plan.Claims)
        {
            var reserved = claim with
            {
                Status = claim.Status with
                {
                    Allocation = allocation ?? claim.Status.Allocation,
                    ReservedFor = [.. claim.Status.ReservedFor, new() { Resource = "pods", Name = pod.Info.Key.Name, Uid = pod.Info.Uid }],
                },
            };
            _mailbox.Enqueue(() => Put(reserved));
        }

        _mailbox.Enqueue(() => Loop.OnDevicesWritten(pod, failure: null));
    }

    public void ReleaseDevices(ResourceClaim claim) =>
        _mailbox.Enqueue(() => Put(claim with { Status = claim.Status with { Allocation = null, ReservedFor = [] } }));

    public void Preempt(QueuedPod pod, string node, IReadOnlyList<PodInfo> victims)
    {
        var preemptor = pod.Info.Pod;
        _mailbox.Enqueue(() =>
        {
            foreach (var victim in victims)
            {
                var current = Pods[victim.Key.Name];
                Events.Add(new(victim.Key.Name, "Normal", "Preempted", $"Preempted by pod {preemptor.Metadata.Uid} on node {node}"));
                Put(current with
                {
                    Metadata = current.Metadata with { DeletionTimestamp = Clock.GetUtcNow() },
                    Status = current.Status.WithCondition(new() { Type = "DisruptionTarget", Status = "True", Reason = "PreemptionByScheduler" }),
                });
            }

            Loop.OnPreempted(pod, succeeded: true);
        });
    }

    public void ForgetNomination(QueuedPod pod) => _mailbox.Enqueue(() =>
    {
        var current = Pods[pod.Info.Key.Name];
        Put(current with { Status = current.Status with { NominatedNodeName = "" } });
    });

    public void Refused(QueuedPod pod, string reason, string message, string? nominatedNode)
    {
        var news = new SchedulerEvent(pod.Info.Key.Name, "Warning", "FailedScheduling", message);

        // A repetition becomes a series of the Event that is there.
        if (!Events.Contains(news))
        {
            Events.Add(news);
        }

        _mailbox.Enqueue(() =>
        {
            if (Pods.TryGetValue(pod.Info.Key.Name, out var current))
            {
                Put(current with
                {
                    Status = (current.Status with { NominatedNodeName = nominatedNode ?? current.Status.NominatedNodeName })
                        .WithCondition(new() { Type = "PodScheduled", Status = "False", Reason = reason, Message = message }),
                });
            }
        });
    }
}
