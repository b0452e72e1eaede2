using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Scheduler.Tests.Support;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Scheduler.Tests;

/// <summary>Pods with claims for devices: held without claims, placed where the devices are, and nobody else gets them.</summary>
public sealed class DeviceTests
{
    private const string Driver = "gpu.example.com";
    private readonly SchedulerWorld _world = new();
    private int _uids;

    public DeviceTests()
    {
        _world.Put(SchedulerWorld.NewNode("n0"));
        _world.Put(SchedulerWorld.NewNode("n1"));
        _world.Put(new DeviceClass { Metadata = new() { Name = "gpu" }, Spec = new() { Selectors = [Cel($"device.driver == '{Driver}'")] } });
    }

    [Fact]
    public void Pods_whose_claims_are_not_there_wait_without_a_word_and_follow_their_devices_then()
    {
        _world.Put(_world.NewPod("named", Claims(("c", "claim"))));
        _world.Put(_world.NewPod("templated", static s => s with { ResourceClaims = [new() { Name = "c", ResourceClaimTemplateName = "t" }] }));
        _world.Settle();
        Assert.Empty(_world.Events);

        _world.Put(Slice("n1", "d0"));
        _world.Put(Claim("claim", Exactly("r", 1)));
        _world.Settle();

        Assert.Equal("n1", _world.NodeOf("named"));
        var claim = _world.Claim("claim");
        Assert.Equal("named", Assert.Single(claim.Status.ReservedFor).Name);
        Assert.Equal(("r", Driver, "n1", "d0"), Result(claim, 0));
        var field = Assert.Single(Assert.Single(claim.Status.Allocation!.NodeSelector!.NodeSelectorTerms).MatchFields);
        Assert.Equal(("metadata.name", "n1"), (field.Key, field.Values[0]));

        // The other one learns the name of its claim, which it owns.
        var pod = _world.Pods["templated"];
        _world.Put(Slice("n0", "d0"));
        _world.Put(Claim("made", Exactly("r", 1)) with
        {
            Metadata = new() { Namespace = "default", Name = "made", Uid = "made", OwnerReferences = [new() { ApiVersion = "v1", Kind = "Pod", Name = "templated", Uid = pod.Metadata.Uid, Controller = true }] },
        });
        _world.Settle();
        Assert.Equal("", _world.NodeOf("templated"));
        _world.Put(pod with { Status = pod.Status with { ResourceClaimStatuses = [new() { Name = "c", ResourceClaimName = "made" }] } });
        _world.Settle();
        Assert.Equal("n0", _world.NodeOf("templated"));
    }

    [Fact]
    public void A_device_is_given_once_and_a_shared_claim_keeps_its_pods_together()
    {
        _world.Put(Slice("n0", "d0"));
        _world.Put(Claim("a", Exactly("r", 1)));
        _world.Put(Claim("b", Exactly("r", 1)));
        _world.Put(_world.NewPod("pa", Claims(("c", "a"))));
        _world.Put(_world.NewPod("pa2", Claims(("c", "a"))));
        _world.Put(_world.NewPod("pb", Claims(("c", "b"))));
        _world.Settle();
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        _world.Settle();

        Assert.Equal(("n0", "n0", ""), (_world.NodeOf("pa"), _world.NodeOf("pa2"), _world.NodeOf("pb")));
        Assert.Equal(2, _world.Claim("a").Status.ReservedFor.Count);
        Assert.Equal(
            "0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
            _world.MessageOf("pb"));

        // Its devices come back when its pods are gone.
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        _world.Put(_world.Claim("a") with { Status = new() });
        _world.Settle();
        Assert.Equal("n0", _world.NodeOf("pb"));
    }

    [Fact]
    public void A_class_that_is_not_there_is_told()
    {
        _world.Put(Claim("claim", new DeviceRequest { Name = "r", Exactly = new() { DeviceClassName = "none", AllocationMode = "ExactCount", Count = 1 } }));
        _world.Put(_world.NewPod("p", Claims(("c", "claim"))));
        _world.Settle();
        Assert.StartsWith("0/2 nodes are available: request r: device class none does not exist. still not schedulable", _world.MessageOf("p"), StringComparison.Ordinal);
    }

    [Fact]
    public void Selectors_see_attributes_and_capacity_and_one_that_fails_is_an_error()
    {
        _world.Put(Slice("n0", "small", "large", "other"));
        _world.Put(Claim("claim", Exactly("r", 1, "device.attributes['gpu.example.com'].model == 'large' && device.capacity['gpu.example.com'].memory.compareTo(quantity('1Gi')) >= 0")));
        _world.Put(Claim("wrong", Exactly("r", 1, "device.attributes['elsewhere.example.com'].nothing == 'x'")));
        _world.Put(_world.NewPod("p", Claims(("c", "claim"))));
        _world.Put(_world.NewPod("q", Claims(("c", "wrong"))));
        _world.Settle();
        Assert.Equal("large", Result(_world.Claim("claim"), 0).Device);
        Assert.Contains("selector #0: runtime error: no such key: nothing", _world.MessageOf("q"), StringComparison.Ordinal);
    }

    [Fact]
    public void Constraints_are_searched_for_and_alternatives_taken_in_order()
    {
        // The first device matches by itself, but only the other two have a value in common.
        _world.Put(Slice("n0", [Device("d0", "numa", "0"), Device("d1", "numa", "1"), Device("d2", "numa", "1")]));
        _world.Put(Claim("pair", Exactly("r", 2)) with
        {
            Spec = new() { Devices = new() { Requests = [Exactly("r", 2)], Constraints = [new() { Requests = ["r"], MatchAttribute = Driver + "/numa" }] } },
        });
        _world.Put(_world.NewPod("p", Claims(("c", "pair"))));
        _world.Settle();
        Assert.Equal(("d1", "d2"), (Result(_world.Claim("pair"), 0).Device, Result(_world.Claim("pair"), 1).Device));

        var choice = new DeviceRequest
        {
            Name = "r",
            FirstAvailable = [new() { Name = "two", DeviceClassName = "gpu", AllocationMode = "ExactCount", Count = 2 }, new() { Name = "one", DeviceClassName = "gpu", AllocationMode = "ExactCount", Count = 1 }],
        };
        _world.Put(Claim("choice", choice));
        _world.Put(_world.NewPod("q", Claims(("c", "choice"))));
        _world.Settle();
        Assert.Equal("r/one", Result(_world.Claim("choice"), 0).Request);
        Assert.Equal("d0", Result(_world.Claim("choice"), 0).Device);
    }

    [Fact]
    public void All_means_all_of_a_node_taints_keep_out_and_administrators_share()
    {
        _world.Put(Slice("n0", [Device("d0", "m", "x"), Device("d1", "m", "x")]));
        _world.Put(Slice("n1", [Device("d0", "m", "x") with { Taints = [new() { Key = "broken", Effect = "NoSchedule" }] }]));
        _world.Put(Claim("all", new DeviceRequest { Name = "r", Exactly = new() { DeviceClassName = "gpu", AllocationMode = "All" } }));
        _world.Put(_world.NewPod("p", Claims(("c", "all"))));
        _world.Settle();
        Assert.Equal("n0", _world.NodeOf("p"));
        Assert.Equal(2, _world.Claim("all").Status.Allocation!.Devices.Results.Count);

        _world.Put(Claim("admin", new DeviceRequest { Name = "r", Exactly = new() { DeviceClassName = "gpu", AllocationMode = "All", AdminAccess = true } }));
        _world.Put(_world.NewPod("q", Claims(("c", "admin"))));
        _world.Settle();
        Assert.Equal("n0", _world.NodeOf("q"));
        Assert.All(_world.Claim("admin").Status.Allocation!.Devices.Results, r => Assert.True(r.AdminAccess));
    }

    [Fact]
    public void Parts_of_one_thing_use_it_up_together_and_half_published_pools_wait()
    {
        ApiMap<Counter> Of(int amount) => ApiMap<Counter>.Empty.With("memory", new() { Value = Quantity.FromLong(amount) });
        Device Part(string name, int amount) => new() { Name = name, ConsumesCounters = [new() { CounterSet = "card", Counters = Of(amount) }] };
        var slice = Slice("n0", [Part("whole", 4), Part("half0", 2), Part("half1", 2)]);
        slice = slice with { Spec = slice.Spec with { Pool = slice.Spec.Pool with { ResourceSliceCount = 2 } } };
        _world.Put(slice);
        _world.Put(Claim("two", Exactly("r", 2)));
        _world.Put(_world.NewPod("p", Claims(("c", "two"))));
        _world.Settle();
        Assert.Equal("", _world.NodeOf("p"));

        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        _world.Put(slice with
        {
            Metadata = new() { Name = "n0-counters" },
            Spec = slice.Spec with { Devices = [], SharedCounters = [new() { Name = "card", Counters = Of(4) }] },
        });
        _world.Settle();
        Assert.Equal(("half0", "half1"), (Result(_world.Claim("two"), 0).Device, Result(_world.Claim("two"), 1).Device));
    }

    [Fact]
    public void Devices_of_a_node_that_does_not_suit_go_back_if_nobody_uses_them()
    {
        _world.Put(Slice("n0", "d0"));
        _world.Put(Slice("n1", "d0"));
        _world.Put(Claim("claim", Exactly("r", 1)) with
        {
            Status = new()
            {
                Allocation = new()
                {
                    Devices = new() { Results = [new() { Request = "r", Driver = Driver, Pool = "n0", Device = "d0" }] },
                    NodeSelector = new() { NodeSelectorTerms = [new() { MatchFields = [new() { Key = "metadata.name", Operator = "In", Values = ["n0"] }] }] },
                },
            },
        });
        _world.Put(_world.NewPod("p", s => Claims(("c", "claim"))(s) with { NodeSelector = new Dictionary<string, string> { ["kubernetes.io/hostname"] = "n1" } }));
        _world.Settle();
        Assert.Contains(_world.Events, static e =>
            e.Message.Contains("1 resourceclaim not available on the node", StringComparison.Ordinal)
            && e.Message.Contains("deallocation of ResourceClaim completed", StringComparison.Ordinal));
        Assert.Equal("n1", _world.NodeOf("p"));
    }

    private static (string Request, string Driver, string Pool, string Device) Result(ResourceClaim claim, int index)
    {
        var result = claim.Status.Allocation!.Devices.Results[index];
        return (result.Request, result.Driver, result.Pool, result.Device);
    }

    private static DeviceSelector Cel(string expression) => new() { Cel = new() { Expression = expression } };

    private static Func<PodSpec, PodSpec> Claims(params (string Name, string Claim)[] claims) =>
        spec => spec with { ResourceClaims = [.. claims.Select(static c => new PodResourceClaim { Name = c.Name, ResourceClaimName = c.Claim })] };

    private static DeviceRequest Exactly(string name, int count, params string[] selectors) => new()
    {
        Name = name,
        Exactly = new() { DeviceClassName = "gpu", AllocationMode = "ExactCount", Count = count, Selectors = [.. selectors.Select(Cel)] },
    };

    private ResourceClaim Claim(string name, DeviceRequest request) => new()
    {
        Metadata = new() { Namespace = "default", Name = name, Uid = $"claim-{++_uids}" },
        Spec = new() { Devices = new() { Requests = [request] } },
    };

    private static Device Device(string name, string attribute, string value) => new()
    {
        Name = name,
        Attributes = ApiMap<DeviceAttribute>.Empty.With(attribute, new() { String = value }),
        Capacity = ApiMap<DeviceCapacity>.Empty.With("memory", new() { Value = Quantity.Parse("2Gi") }),
    };

    private static ResourceSlice Slice(string node, params string[] devices) => Slice(node, [.. devices.Select(static d => Device(d, "model", d))]);

    private static ResourceSlice Slice(string node, Device[] devices) => new()
    {
        Metadata = new() { Name = node },
        Spec = new() { Driver = Driver, NodeName = node, Pool = new() { Name = node, Generation = 1, ResourceSliceCount = 1 }, Devices = [.. devices] },
    };
}
