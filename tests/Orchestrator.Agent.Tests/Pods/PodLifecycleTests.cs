using Orchestrator.Agent.Tests.Support;
using Orchestrator.Api;

namespace Orchestrator.Agent.Tests.Pods;

public sealed class PodLifecycleTests(ContainerdFixture containerd)
{
    [Fact]
    public async Task Pod_becomes_ready_and_leaves_nothing_behind_when_deleted()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunToReadyAsync(TestNode.Pod("plain", "exec sleep 3600"));

        Assert.Equal("Running", pod.Status.Phase);
        Assert.NotEqual("", pod.Status.PodIP);
        Assert.Equal(["Pulled", "Created", "Started"], node.Events.Of(pod).Select(static e => e.Type == "Normal" ? e.Reason : $"{e.Reason}: {e.Message}"));

        await node.DeleteAsync(pod.Key);
        Assert.Null(node.Api.Get(pod.Key));
        Assert.False(Directory.Exists(Path.Combine(node.Options.RootDirectory, "pods", pod.Metadata.Uid)));
        Assert.DoesNotContain(Linux.MountTable.Below(containerd.Folder), m => m.Contains(pod.Metadata.Uid, StringComparison.Ordinal));
        Assert.DoesNotContain(
            Directory.EnumerateDirectories("/sys/fs/cgroup/memory" + containerd.CgroupRoot, "*", SearchOption.AllDirectories),
            d => d.Contains(pod.Metadata.Uid, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Containers_outlive_the_agent_and_are_adopted_by_the_next()
    {
        var first = new TestNode(containerd);
        var pod = await first.RunToReadyAsync(TestNode.Pod("adopted", "exec sleep 3600"));
        var containerId = pod.Status.ContainerStatuses[0].ContainerID;
        await first.DisposeAsync();

        await using var second = new TestNode(containerd, first.Api, first.Folder);
        await second.Manager.Synced;
        second.Api.Change(pod.Key, p => p with { Metadata = p.Metadata with { Labels = p.Metadata.Labels.With("touched", "yes"), Generation = 2 } });
        var adopted = await second.Api.WaitAsync(pod.Key, p => p?.Status.ObservedGeneration == 2, TestNode.Patience, "looked at by the second agent");

        Assert.Equal(containerId, adopted!.Status.ContainerStatuses[0].ContainerID);
        Assert.Equal(0, adopted.Status.ContainerStatuses[0].RestartCount);
        Assert.Empty(second.Events.Of(pod));
        await second.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task Adopted_pod_stays_ready_until_its_probe_says_otherwise_often_enough()
    {
        var first = new TestNode(containerd);

        // The probe succeeds once: the second agent's first look fails, which is not yet often enough.
        Probe once = new() { Exec = new() { Command = ["rm", "/started"] }, PeriodSeconds = 1, FailureThreshold = 3600, SuccessThreshold = 1, TimeoutSeconds = 10 };
        var pod = await first.RunToReadyAsync(
            TestNode.Pod("ready", "touch /started; exec sleep 3600", s => s with { Containers = [s.Containers[0] with { ReadinessProbe = once }] }));
        await first.DisposeAsync();

        await using var second = new TestNode(containerd, first.Api, first.Folder);
        await second.Manager.Synced;
        second.Api.Change(pod.Key, p => p with { Metadata = p.Metadata with { Labels = p.Metadata.Labels.With("touched", "yes"), Generation = 2 } });
        var adopted = await second.Api.WaitAsync(pod.Key, p => p?.Status.ObservedGeneration == 2, TestNode.Patience, "looked at by the second agent");

        Assert.True(adopted!.Status.ContainerStatuses[0].Ready);
        Assert.Contains(adopted.Status.Conditions, c => c is { Type: "Ready", Status: "True" });
        await second.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task What_runs_without_a_pod_in_the_api_is_stopped()
    {
        var first = new TestNode(containerd);
        var pod = await first.RunToReadyAsync(TestNode.Pod("orphan", "exec sleep 3600"));
        await first.DisposeAsync();
        first.Api.Drop(pod.Key);

        await using var second = new TestNode(containerd, first.Api, first.Folder, o => o.RelistInterval = TimeSpan.FromMilliseconds(200));
        await WaitAsync(() => !Directory.Exists(Path.Combine(second.Options.PodLogsDirectory, $"tests_orphan_{pod.Metadata.Uid}")));
    }

    [Fact]
    public async Task Place_of_a_pod_that_was_deleted_without_grace_is_free_before_its_containers_are_gone()
    {
        await using var node = new TestNode(containerd);
        var most = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse($"{Environment.ProcessorCount * 600}m") } };
        var first = await node.RunToReadyAsync(TestNode.Pod("first", "trap '' TERM; sleep 3600", null, c => c with { Resources = most }));

        node.Api.Drop(first.Key);
        var second = await node.RunAsync(
            TestNode.Pod("second", "exec sleep 3600", null, c => c with { Resources = most }), p => p.Status.Phase is "Running" or "Failed", "running or refused");

        Assert.Equal("Running", second.Status.Phase);
        await node.DeleteAsync(second.Key);
    }

    [Fact]
    public async Task Container_that_fails_is_restarted_at_once_and_then_backs_off()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunAsync(
            TestNode.Pod("crashing", "exit 3"), p => p.Status.ContainerStatuses.Any(s => s.State.Waiting?.Reason == "CrashLoopBackOff"), "backing off");

        var status = pod.Status.ContainerStatuses[0];
        Assert.Equal(1, status.RestartCount);
        Assert.Equal(3, status.LastState.Terminated!.ExitCode);
        Assert.Equal($"back-off 10s restarting failed container=c pod=crashing_tests({pod.Metadata.Uid})", status.State.Waiting!.Message);
        await node.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task Pod_waits_for_the_driver_of_its_devices()
    {
        await using var node = new TestNode(containerd);
        var pod = node.Api.Create(TestNode.Pod("devices", "exec sleep 3600", static s => s with { ResourceClaims = [new() { Name = "gpu", ResourceClaimName = "claim" }] }));
        Api.Resources.V1.ResourceClaim claim = new()
        {
            Metadata = new() { Namespace = pod.Metadata.Namespace, Name = "claim", Uid = "claim" },
            Status = new()
            {
                Allocation = new() { Devices = new() { Results = [new() { Request = "r", Driver = "gpu.example.com", Pool = "p", Device = "d" }] } },
                ReservedFor = [new() { Resource = "pods", Name = pod.Metadata.Name, Uid = pod.Metadata.Uid }],
            },
        };
        node.Api.Put(claim);
        await WaitAsync(() => node.Events.Of(pod).Any(static e =>
            e is { Type: "Warning", Reason: "FailedPrepareDynamicResources", Message: "Failed to prepare dynamic resources: prepare dynamic resources: DRA driver gpu.example.com is not registered" }));

        // One that has no devices needs no driver.
        node.Api.Put(claim with { Status = claim.Status with { Allocation = new() } });
        await node.Api.WaitAsync(pod.Key, static p => p?.Status.Phase == "Running", TestNode.Patience, "running without devices");
        await node.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task Strict_groups_are_refused_where_the_runtime_would_add_the_images()
    {
        await using var node = new TestNode(containerd);
        node.Facts.SupportsStrictGroups = false;
        var pod = await node.RunAsync(
            TestNode.Pod("strict", "exec sleep 3600", static s => s with { SecurityContext = new() { SupplementalGroupsPolicy = "Strict" } }),
            static p => p.Status.Phase == "Failed",
            "refused");
        Assert.Equal(("SupplementalGroupsPolicyNotSupported", "Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node"), (pod.Status.Reason, pod.Status.Message));
        await node.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task Label_that_the_scheduler_saw_first_is_looked_up_before_a_pod_is_refused()
    {
        await using var node = new TestNode(containerd);
        node.Api.Put(new Node { Metadata = new() { Name = "node-1", Labels = new Dictionary<string, string> { ["disk"] = "fast" } } });

        var pod = await node.RunToReadyAsync(TestNode.Pod(
            "selective", "exec sleep 3600", s => s with { NodeSelector = new Dictionary<string, string> { ["disk"] = "fast" } }));
        await node.DeleteAsync(pod.Key);
    }

    [Fact]
    public async Task Force_deleted_pod_is_stopped_and_cleaned_up()
    {
        await using var node = new TestNode(containerd);
        var pod = await node.RunToReadyAsync(TestNode.Pod("forced", "exec sleep 3600"));
        var worker = node.Manager.Find("tests", "forced")!;
        node.Api.Drop(pod.Key);

        await worker.Ended.WaitAsync(TestNode.Patience);
        Assert.False(Directory.Exists(Path.Combine(node.Options.RootDirectory, "pods", pod.Metadata.Uid)));
    }

    private static async Task WaitAsync(Func<bool> until)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!until())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TestNode.Patience, "waited too long");
            await Task.Delay(50);
        }
    }
}
