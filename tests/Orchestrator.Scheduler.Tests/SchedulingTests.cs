using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Scheduler.Hosting;
using Orchestrator.Scheduler.Tests.Support;
using Orchestrator.Scheduler.Volumes;

namespace Orchestrator.Scheduler.Tests;

/// <summary>Behaviour that the recorded cases do not reach: many pods, changes, retries.</summary>
public sealed class SchedulingTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void Pods_fill_the_nodes_to_the_last_and_the_rest_waits_until_one_ends()
    {
        Nodes(4, cpu: "2");
        for (var i = 0; i < 9; i++)
        {
            _world.Put(_world.NewPod($"p{i}", cpu: "1"));
        }

        _world.Settle();

        var placed = _world.Pods.Values.Where(p => p.Spec.NodeName.Length > 0).ToList();
        Assert.Equal(8, placed.Count);
        Assert.All(placed.GroupBy(p => p.Spec.NodeName), g => Assert.Equal(2, g.Count()));

        _world.Clock.Advance(TimeSpan.FromSeconds(2));
        _world.Delete(placed[0].Metadata.Name);
        _world.Settle();
        Assert.All(_world.Pods.Values, p => Assert.NotEqual("", p.Spec.NodeName));
    }

    [Fact]
    public void More_important_pods_go_first()
    {
        Nodes(1, cpu: "1");
        _world.Put(_world.NewPod("low", cpu: "1", priority: 1));
        _world.Put(_world.NewPod("high", cpu: "1", priority: 2));

        _world.Settle();

        Assert.Equal("n0", _world.NodeOf("high"));
        Assert.Equal("", _world.NodeOf("low"));
    }

    [Fact]
    public void Heartbeats_of_nodes_wake_nobody_and_new_labels_do()
    {
        Nodes(1);
        _world.Put(_world.NewPod("p", spec => spec with { NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" } }));
        _world.Settle();
        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        _world.Events.Clear();

        var node = SchedulerWorld.NewNode("n0");
        _world.Put(node with { Status = node.Status with { Conditions = [new NodeCondition { Type = "Ready", Status = "True" }] } });
        _world.Settle();
        Assert.Empty(_world.Events);

        _world.Put(SchedulerWorld.NewNode("n0", labels: new() { ["disk"] = "ssd" }));
        _world.Settle();
        Assert.Equal("n0", _world.NodeOf("p"));
    }

    [Fact]
    public void What_a_pod_needs_of_the_kubelet_its_node_must_declare()
    {
        Nodes(1);
        _world.Put(_world.NewPod("p", static spec => spec with
        {
            Containers = [.. spec.Containers.Select(static c => c with { RestartPolicyRules = [new() { Action = "RestartAllContainers" }] })],
        }));
        _world.Put(_world.NewPod("plain"));
        _world.Settle();
        Assert.StartsWith(
            "0/1 nodes are available: 1 node declared features check failed - unsatisfied requirements: RestartAllContainersOnContainerExits.", _world.MessageOf("p"), StringComparison.Ordinal);
        Assert.Equal("n0", _world.NodeOf("plain"));

        var node = SchedulerWorld.NewNode("n0");
        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        _world.Put(node with { Status = node.Status with { DeclaredFeatures = ["RestartAllContainersOnContainerExits"] } });
        _world.Settle();
        Assert.Equal("n0", _world.NodeOf("p"));
    }

    [Fact]
    public void Required_spreading_keeps_zones_even()
    {
        Zones(6, zones: 3, cpu: "100");
        for (var i = 0; i < 30; i++)
        {
            _world.Put(_world.NewPod($"p{i}", Spread("topology.kubernetes.io/zone", "DoNotSchedule"), labels: new() { ["app"] = "a" }));
            _world.Settle();
            var counts = Enumerable.Range(0, 3).Select(zone => _world.Pods.Values.Count(p => p.Spec.NodeName.Length > 0 && int.Parse(p.Spec.NodeName[1..]) % 3 == zone)).ToList();
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        }
    }

    [Fact]
    public void Anti_affinity_by_host_gives_every_pod_a_node_of_its_own()
    {
        Nodes(10);
        for (var i = 0; i < 11; i++)
        {
            _world.Put(_world.NewPod($"p{i}", AntiAffinity, labels: new() { ["app"] = "a" }));
        }

        _world.Settle();

        Assert.Equal(10, _world.Pods.Values.Select(p => p.Spec.NodeName).Where(n => n.Length > 0).Distinct().Count());
        Assert.Equal(1, _world.Pods.Values.Count(p => p.Spec.NodeName.Length == 0));
    }

    [Fact]
    public void First_of_a_group_that_wants_to_be_together_goes_anywhere_and_the_others_follow()
    {
        Zones(9, zones: 3);
        for (var i = 0; i < 12; i++)
        {
            _world.Put(_world.NewPod($"p{i}", Affinity, labels: new() { ["app"] = "a" }));
        }

        _world.Settle();

        Assert.Single(_world.Pods.Values.Select(p => int.Parse(p.Spec.NodeName[1..]) % 3).Distinct());
    }

    [Fact]
    public void Pod_that_waits_for_another_comes_when_that_one_does()
    {
        Nodes(2);
        _world.Put(_world.NewPod("follower", Affinity));
        _world.Settle();
        Assert.Equal("", _world.NodeOf("follower"));

        _world.Clock.Advance(TimeSpan.FromSeconds(2));
        _world.Put(_world.NewPod("leader", labels: new() { ["app"] = "a" }, node: "n1"));
        _world.Put(SchedulerWorld.NewNode("n1", labels: new() { ["topology.kubernetes.io/zone"] = "z" }));
        _world.Settle();
        Assert.Equal("n1", _world.NodeOf("follower"));
    }

    [Fact]
    public void Room_made_for_a_pod_is_not_taken_by_a_lesser_one()
    {
        Nodes(1, cpu: "2");
        _world.Put(_world.NewPod("victim", cpu: "2", node: "n0", priority: 0));
        _world.Put(_world.NewPod("high", cpu: "2", priority: 100));
        _world.Settle();
        Assert.NotNull(_world.Pods["victim"].Metadata.DeletionTimestamp);
        Assert.Equal("n0", _world.Pods["high"].Status.NominatedNodeName);

        // The lesser pod's turn comes while the room is empty and the nominated pod backs off.
        _world.Put(_world.NewPod("low", cpu: "1", priority: 1));
        _world.Delete("victim");
        _world.Settle();

        Assert.Equal("n0", _world.NodeOf("high"));
        Assert.Equal("", _world.NodeOf("low"));
    }

    [Fact]
    public void Refused_binding_gives_the_room_back_and_is_tried_again()
    {
        var output = new RefusingOutput();
        var clock = new HandClock();
        var loop = new SchedulingLoop(new ServiceWorkloads(), output, new(), clock, new Random(1));
        loop.OnNode(SchedulerWorld.NewNode("n0", cpu: "1"));
        loop.OnPod(_world.NewPod("p", cpu: "1"));

        Assert.True(loop.ScheduleNext());
        loop.OnBindFailed(output.Bound.Single(), "no", isGone: false);
        Assert.Empty(loop.Cluster.Pods);
        Assert.False(loop.ScheduleNext());

        clock.Advance(TimeSpan.FromSeconds(1));
        loop.Advance();
        Assert.True(loop.ScheduleNext());
        Assert.Equal(2, output.Bound.Count);
    }

    [Fact]
    public void Terms_that_name_two_nodes_at_once_are_told_from_nodes_that_do_not_fit()
    {
        Nodes(2);
        static NodeSelectorRequirement Named(string node) => new() { Key = "metadata.name", Operator = "In", Values = [node] };
        _world.Put(_world.NewPod("p", static spec => spec with
        {
            Affinity = new()
            {
                NodeAffinity = new()
                {
                    RequiredDuringSchedulingIgnoredDuringExecution = new() { NodeSelectorTerms = [new() { MatchFields = [Named("n0"), Named("n1")] }] },
                },
            },
        }));
        _world.Settle();
        Assert.Equal("0/2 nodes are available: pod affinity terms conflict. not found", _world.MessageOf("p"));
    }

    [Fact]
    public void Claims_with_and_without_a_volume_each_say_why_a_node_will_not_do()
    {
        Nodes(1);
        _world.Loop.Storage.Set(new StorageClass { Metadata = new() { Name = "local" }, Provisioner = "kubernetes.io/no-provisioner", VolumeBindingMode = "WaitForFirstConsumer" });
        var bound = Claim("bound", "1Gi");
        _world.Loop.Storage.Set(bound with
        {
            Metadata = bound.Metadata with { Annotations = new Dictionary<string, string> { ["pv.kubernetes.io/bind-completed"] = "yes" } },
            Spec = bound.Spec with { VolumeName = "lost" },
        });
        _world.Loop.Storage.Set(Claim("waiting", "1Gi"));
        _world.Put(_world.NewPod("p", static spec => spec with
        {
            Volumes =
            [
                new Volume { Name = "a", PersistentVolumeClaim = new() { ClaimName = "bound" } },
                new Volume { Name = "b", PersistentVolumeClaim = new() { ClaimName = "waiting" } },
            ],
        }));
        _world.Settle();
        Assert.StartsWith(
            "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).",
            _world.MessageOf("p"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Claim_that_waits_for_its_pod_gets_the_smallest_volume_of_the_chosen_node()
    {
        Nodes(3);
        _world.Loop.Storage.Set(new StorageClass { Metadata = new() { Name = "local" }, Provisioner = VolumeAnnotations.NoProvisioner, VolumeBindingMode = "WaitForFirstConsumer" });
        _world.Loop.Storage.Set(Claim("c", "1Gi"));
        _world.Loop.Storage.Set(Volume("large", "10Gi", "n1"));
        _world.Loop.Storage.Set(Volume("fitting", "2Gi", "n1"));
        _world.Loop.Storage.Set(Volume("small", "500Mi", "n2"));
        _world.Put(_world.NewPod("p", spec => spec with { Volumes = [new Volume { Name = "v", PersistentVolumeClaim = new() { ClaimName = "c" } }] }));

        _world.Settle();

        Assert.Equal("n1", _world.NodeOf("p"));
        Assert.Equal("fitting", _world.Loop.Storage.Claim(new("default", "c"))!.Spec.VolumeName);
    }

    [Fact]
    public void Counts_stay_exact_through_any_order_of_changes()
    {
        // Against a fresh scheduler that hears of the final state only.
        var random = new Random(7);
        Zones(20, zones: 4, cpu: "1000");
        for (var i = 0; i < 400; i++)
        {
            var name = $"p{random.Next(60)}";
            if (_world.Pods.ContainsKey(name))
            {
                _world.Delete(name);
            }
            else
            {
                var spec = random.Next(3) switch { 0 => Spread("topology.kubernetes.io/zone", "DoNotSchedule"), 1 => AntiAffinity, _ => Affinity };
                _world.Put(_world.NewPod(name, spec, cpu: "1", labels: new() { ["app"] = random.Next(2) == 0 ? "a" : "b" }));
            }

            if (random.Next(10) == 0)
            {
                var n = random.Next(20);
                _world.Put(SchedulerWorld.NewNode($"n{n}", cpu: "1000", labels: new() { ["topology.kubernetes.io/zone"] = $"z{random.Next(4)}" }));
            }

            _world.Settle();
        }

        var fresh = new SchedulerWorld();
        foreach (var node in _world.Loop.Cluster.Nodes.Nodes.OfType<Node>())
        {
            fresh.Put(node);
        }

        foreach (var pod in _world.Pods.Values.Where(p => p.Spec.NodeName.Length > 0))
        {
            fresh.Put(pod);
        }

        foreach (var spec in new[] { Spread("topology.kubernetes.io/zone", "DoNotSchedule"), AntiAffinity, Affinity })
        {
            foreach (var app in new[] { "a", "b" })
            {
                Assert.Equal(Verdicts(fresh, spec, app), Verdicts(_world, spec, app));
            }
        }
    }

    private static string Verdicts(SchedulerWorld world, Func<PodSpec, PodSpec> spec, string app)
    {
        var loop = world.Loop;
        var info = loop.Cluster.Describe(world.NewPod("probe", spec, cpu: "1", labels: new() { ["app"] = app }), onNode: false);
        loop.Placer.Prepare(info.Shape);
        var verdicts = new List<string>();
        for (var slot = 0; slot < loop.Cluster.Nodes.Count; slot++)
        {
            var verdict = loop.Placer.Verdicts[loop.Placer.Check(info, slot, null)];
            verdicts.Add($"{loop.Cluster.Nodes.NodeNames[slot]}: {string.Join(",", verdict.Reasons)}");
        }

        loop.Cluster.Release(info);
        return string.Join("\n", verdicts.Order(StringComparer.Ordinal));
    }

    private static PodSpec AntiAffinity(PodSpec spec) => spec with
    {
        Affinity = new() { PodAntiAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [Term("kubernetes.io/hostname")] } },
    };

    private static PodSpec Affinity(PodSpec spec) => spec with
    {
        Affinity = new() { PodAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [Term("topology.kubernetes.io/zone")] } },
    };

    private static PodAffinityTerm Term(string key) => new()
    {
        TopologyKey = key,
        LabelSelector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "a" } },
    };

    private static Func<PodSpec, PodSpec> Spread(string key, string action) => spec => spec with
    {
        TopologySpreadConstraints =
        [
            new TopologySpreadConstraint
            {
                MaxSkew = 1,
                TopologyKey = key,
                WhenUnsatisfiable = action,
                LabelSelector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "a" } },
            },
        ],
    };

    private static PersistentVolumeClaim Claim(string name, string size) => new()
    {
        Metadata = new() { Namespace = "default", Name = name, Uid = "claim-" + name },
        Spec = new()
        {
            AccessModes = ["ReadWriteOnce"],
            StorageClassName = "local",
            Resources = new() { Requests = new Dictionary<string, Quantity> { ["storage"] = Quantity.Parse(size) } },
        },
    };

    private static PersistentVolume Volume(string name, string size, string node) => new()
    {
        Metadata = new() { Name = name },
        Spec = new()
        {
            AccessModes = ["ReadWriteOnce"],
            StorageClassName = "local",
            Capacity = new Dictionary<string, Quantity> { ["storage"] = Quantity.Parse(size) },
            NodeAffinity = new()
            {
                Required = new()
                {
                    NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = "kubernetes.io/hostname", Operator = "In", Values = [node] }] }],
                },
            },
        },
        Status = new() { Phase = "Available" },
    };

    private void Nodes(int count, string cpu = "4")
    {
        for (var i = 0; i < count; i++)
        {
            _world.Put(SchedulerWorld.NewNode($"n{i}", cpu));
        }
    }

    private void Zones(int count, int zones, string cpu = "4")
    {
        for (var i = 0; i < count; i++)
        {
            _world.Put(SchedulerWorld.NewNode($"n{i}", cpu, labels: new() { ["topology.kubernetes.io/zone"] = $"z{i % zones}" }));
        }
    }
}
