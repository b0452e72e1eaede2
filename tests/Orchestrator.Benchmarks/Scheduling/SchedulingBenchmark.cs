using System.Diagnostics;
using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Devices;
using Orchestrator.Scheduler.Hosting;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Benchmarks.Scheduling;

/// <summary>The scheduler alone, no API server: pods of several kinds onto many nodes. Run with <c>scheduling [nodes [pods]]</c>.</summary>
public static class SchedulingBenchmark
{
    private const int Zones = 10;
    private const int Existing = 2000;

    /// <summary>Runs all shapes and prints a line each.</summary>
    public static void Run(int nodes, int pods)
    {
        // The first run is for the just-in-time compiler.
        Measure("warm-up", 1000, 2000, static spec => spec);
        Measure("basic", nodes, pods, static spec => spec);
        Measure("spread by zone, required", nodes, pods, Spread("topology.kubernetes.io/zone", "DoNotSchedule"));
        Measure("spread by zone and host, preferred", nodes, pods, Spread(["topology.kubernetes.io/zone", "kubernetes.io/hostname"], "ScheduleAnyway"));
        Measure("affinity by zone, required", nodes, pods, Affinity("topology.kubernetes.io/zone"));
        Measure("anti-affinity by host, required", nodes, Math.Min(pods, nodes - Existing), AntiAffinity);
        Measure("affinity and anti-affinity, preferred", nodes, pods, Preferred);
        Measure("every pod of another shape", nodes, pods / 5, static spec => spec, distinct: true);
    }

    private static void Measure(string what, int nodes, int pods, Func<PodSpec, PodSpec> shape, bool distinct = false)
    {
        var output = new Confirmations();
        var loop = new SchedulingLoop(new NoWorkloads(), output, new SchedulerOptions(), TimeProvider.System, new Random(1));
        for (var i = 0; i < nodes; i++)
        {
            loop.OnNode(NewNode(i));
        }

        for (var i = 0; i < Existing; i++)
        {
            loop.OnPod(NewPod($"old-{i}", $"node-{i % nodes}", shape, "app"));
        }

        var waiting = Enumerable.Range(0, pods).Select(i => NewPod($"pod-{i}", "", shape, distinct ? $"app-{i}" : "app")).ToArray();
        GC.Collect();
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        var cpuBefore = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        foreach (var pod in waiting)
        {
            loop.OnPod(pod);
        }

        var scheduled = 0;
        while (loop.ScheduleNext())
        {
            while (output.Bound.TryDequeue(out var decision))
            {
                // What the watch would bring.
                var pod = decision.Pod.Info.Pod;
                loop.OnPod(pod with { Spec = pod.Spec with { NodeName = decision.Node } });
                scheduled++;
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        var allocated = (GC.GetAllocatedBytesForCurrentThread() - allocatedBefore) / pods;
        Console.WriteLine($"{what}: {nodes} nodes, {scheduled} of {pods} pods placed, {pods / elapsed.TotalSeconds:f0} pods/s, {elapsed.TotalMicroseconds / pods:f1} us ({cpu.TotalMicroseconds / pods:f1} us of CPU) and {allocated} B each");
    }

    private static Node NewNode(int i) => new()
    {
        Metadata = new()
        {
            Name = $"node-{i}",
            Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = $"node-{i}", ["topology.kubernetes.io/zone"] = $"zone-{i % Zones}" },
        },
        Status = new()
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                ["cpu"] = Quantity.Parse("4"), ["memory"] = Quantity.Parse("32Gi"), ["pods"] = Quantity.Parse("110"),
            },
        },
    };

    // Nothing is shared between pods, as nothing is when each is decoded by itself.
    private static Pod NewPod(string name, string node, Func<PodSpec, PodSpec> shape, string app) => new()
    {
        Metadata = new() { Namespace = "default", Name = name, Uid = name, Generation = 1, Labels = new Dictionary<string, string> { ["app"] = "a", ["of"] = app } },
        Spec = shape(new PodSpec
        {
            SchedulerName = "default-scheduler",
            NodeName = node,
            Containers =
            [
                new Container
                {
                    Name = "pause",
                    Image = "pause:3",
                    Resources = new() { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("100m"), ["memory"] = Quantity.Parse("500Mi") } },
                },
            ],
        }),
    };

    private static Func<PodSpec, PodSpec> Spread(string key, string action) => Spread([key], action);

    private static Func<PodSpec, PodSpec> Spread(string[] keys, string action) => spec => spec with
    {
        TopologySpreadConstraints = keys.Select(key => new TopologySpreadConstraint
        {
            MaxSkew = 1, TopologyKey = key, WhenUnsatisfiable = action, LabelSelector = Selector(),
        }).ToApiList(),
    };

    private static Func<PodSpec, PodSpec> Affinity(string key) => spec => spec with
    {
        Affinity = new() { PodAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [new PodAffinityTerm { TopologyKey = key, LabelSelector = Selector() }] } },
    };

    private static PodSpec AntiAffinity(PodSpec spec) => spec with
    {
        Affinity = new()
        {
            PodAntiAffinity = new()
            {
                RequiredDuringSchedulingIgnoredDuringExecution = [new PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = Selector() }],
            },
        },
    };

    private static PodSpec Preferred(PodSpec spec) => spec with
    {
        Affinity = new()
        {
            PodAffinity = new()
            {
                PreferredDuringSchedulingIgnoredDuringExecution =
                    [new WeightedPodAffinityTerm { Weight = 10, PodAffinityTerm = new() { TopologyKey = "topology.kubernetes.io/zone", LabelSelector = Selector() } }],
            },
            PodAntiAffinity = new()
            {
                PreferredDuringSchedulingIgnoredDuringExecution =
                    [new WeightedPodAffinityTerm { Weight = 10, PodAffinityTerm = new() { TopologyKey = "kubernetes.io/hostname", LabelSelector = Selector() } }],
            },
        },
    };

    private static Orchestrator.Api.Meta.V1.LabelSelector Selector() => new() { MatchLabels = new Dictionary<string, string> { ["app"] = "a" } };

    private sealed class NoWorkloads : WorkloadSelectors
    {
        public override long Version => 0;

        public override LabelMatcher? SelectorOf(Pod pod) => null;
    }

    private sealed class Confirmations : ISchedulerOutput
    {
        public Queue<(QueuedPod Pod, string Node)> Bound { get; } = new();

        public void Bind(QueuedPod pod, string node) => Bound.Enqueue((pod, node));

        public void BindVolumes(QueuedPod pod, string node, VolumePlan plan) => throw new NotSupportedException();

        public void BindDevices(QueuedPod pod, string node, DevicePlan plan)
        {
        }

        public void ReleaseDevices(Orchestrator.Api.Resources.V1.ResourceClaim claim)
        {
        }

        public void Preempt(QueuedPod pod, string node, IReadOnlyList<PodInfo> victims) => throw new NotSupportedException();

        public void ForgetNomination(QueuedPod pod) => throw new NotSupportedException();

        public void Refused(QueuedPod pod, string reason, string message, string? nominatedNode)
        {
        }
    }
}
