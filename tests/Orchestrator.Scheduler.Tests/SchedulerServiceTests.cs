using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Tests.Support;

namespace Orchestrator.Scheduler.Tests;

/// <summary>The scheduler on a real API server: what it writes is accepted, and what it is told is understood.</summary>
public sealed class SchedulerServiceTests(RunningCluster cluster) : IClassFixture<RunningCluster>
{
    [Fact]
    public async Task Pods_are_bound_refused_and_preferred_by_priority()
    {
        // 1. One that fits is bound, and an Event says so.
        await MakeAsync("first", "1500m", priorityClass: "");
        await cluster.UntilAsync<Pod>(p => p.Metadata.Name == "first" && p.Spec.NodeName == "n1");
        await cluster.UntilAsync<Event>(e => e.Reason == "Scheduled" && e.Message == "Successfully assigned default/first to n1" && e.ReportingComponent == "default-scheduler");

        // 2. One that does not fit hears why.
        await MakeAsync("second", "1", priorityClass: "");
        const string Why = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
        var refused = await cluster.UntilAsync<Pod>(p => p.Metadata.Name == "second" && p.FindCondition("PodScheduled") is { Status: "False" });
        Assert.Equal(Why, refused.FindCondition("PodScheduled")!.Message);
        await cluster.UntilAsync<Event>(e => e.Reason == "FailedScheduling" && e.Message == Why && e.InvolvedObject.Name == "second");

        // 3. A more important one takes the place of the first.
        await cluster.Client.CreateAsync(new PriorityClass { Metadata = new() { Name = "high" }, Value = 1000 }, default);
        await MakeAsync("high", "2", priorityClass: "high");
        var victim = await cluster.UntilAsync<Pod>(p => p.Metadata.Name == "first" && p.Metadata.DeletionTimestamp is not null);
        Assert.Equal("PreemptionByScheduler", victim.FindCondition("DisruptionTarget")?.Reason);
        await cluster.UntilAsync<Pod>(p => p.Metadata.Name == "high" && p.Status.NominatedNodeName == "n1");
        await cluster.Client.DeleteAsync<Pod>(victim.Key, new() { GracePeriodSeconds = 0 }, default);
        await cluster.UntilAsync<Pod>(p => p.Metadata.Name == "high" && p.Spec.NodeName == "n1");

        // 4. It acts under its lease.
        var lease = await cluster.Client.GetAsync<Api.Coordination.V1.Lease>("kube-system", "kube-scheduler", default);
        Assert.NotEqual("", lease.Value.Spec.HolderIdentity ?? "");
    }

    [Fact]
    public async Task A_pod_whose_volume_is_made_first_tells_where_it_will_be()
    {
        var made = await cluster.Client.CreateAsync(
            new StorageClass { Metadata = new() { Name = "late" }, Provisioner = "csi.example.com", VolumeBindingMode = "WaitForFirstConsumer" }, default);
        Assert.True(made.IsOk, made.ToString());
        var claimed = await cluster.Client.CreateAsync(
            new PersistentVolumeClaim
            {
                Metadata = new() { Namespace = "default", Name = "late" },
                Spec = new()
                {
                    AccessModes = ["ReadWriteOnce"], StorageClassName = "late", Resources = new() { Requests = new Dictionary<string, Quantity> { ["storage"] = Quantity.Parse("1Gi") } },
                },
            },
            default);
        Assert.True(claimed.IsOk, claimed.ToString());
        var created = await cluster.Client.CreateAsync(
            new Pod
            {
                Metadata = new() { Namespace = "default", Name = "late" },
                Spec = new()
                {
                    Containers = [new Container { Name = "app", Image = "app:v1" }],
                    Volumes = [new Volume { Name = "v", PersistentVolumeClaim = new() { ClaimName = "late" } }],
                },
            },
            default);
        Assert.True(created.IsOk, created.ToString());

        // Nobody makes the volume, so it is not bound yet.
        var pod = await cluster.UntilAsync<Pod>(static p => p.Metadata.Name == "late" && p.Status.NominatedNodeName == "n1");
        Assert.Equal("", pod.Spec.NodeName);
        await cluster.UntilAsync<PersistentVolumeClaim>(static c => c.Metadata.Annotations.GetValueOrDefault("volume.kubernetes.io/selected-node") == "n1");
    }

    private async Task MakeAsync(string name, string cpu, string priorityClass)
    {
        var made = await cluster.Client.CreateAsync(
            new Pod
            {
                Metadata = new() { Namespace = "default", Name = name },
                Spec = new()
                {
                    PriorityClassName = priorityClass,
                    Containers =
                    [
                        new Container { Name = "app", Image = "app:v1", Resources = new() { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse(cpu) } } },
                    ],
                },
            },
            default);
        Assert.True(made.IsOk, made.ToString());
    }
}
