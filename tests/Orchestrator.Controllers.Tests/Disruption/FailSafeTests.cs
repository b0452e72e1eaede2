using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Disruption;

[Collection(SharedCluster.Name)]
public sealed class FailSafeTests(RunningCluster cluster)
{
    [Fact]
    public async Task A_budget_that_cannot_be_worked_out_allows_nothing_and_has_observed_nothing()
    {
        var labels = ApiMap<string>.Empty.With("app", "ownerless");
        Assert.True((await cluster.Client.CreateAsync(
            new Pod
            {
                Metadata = new()
                {
                    Namespace = "default", Name = "of-a-daemon", Labels = labels, Finalizers = ["example.com/kept"],
                    OwnerReferences = [new() { ApiVersion = "apps/v1", Kind = "DaemonSet", Name = "gone", Uid = "3c1ed3c5-0000-4000-8000-000000000001", Controller = true }],
                },
                Spec = new() { Containers = [new() { Name = "c", Image = "i" }] },
            },
            default)).IsOk);
        var key = new ObjectKey("default", "failing");
        Assert.True((await cluster.Client.CreateAsync(
            new PodDisruptionBudget
            {
                Metadata = new() { Namespace = key.Namespace, Name = key.Name },
                Spec = new() { MaxUnavailable = 1, Selector = new() { MatchLabels = labels } },
            },
            default)).IsOk);

        var budget = await RunningCluster.UntilAsync(
            () => cluster.Client.GetAsync<PodDisruptionBudget>(key, default), static b => b.IsOk && b.Value.Status.Conditions.Count > 0);

        var condition = Assert.Single(budget.Status.Conditions);
        Assert.Equal(("False", "SyncFailed", "daemonsets.apps does not implement the scale subresource"), (condition.Status, condition.Reason, condition.Message));
        Assert.Equal((0, 0, 0), (budget.Status.ObservedGeneration, condition.ObservedGeneration, budget.Status.DisruptionsAllowed));
        Assert.True((await cluster.Client.DeleteAsync(ResourcePath.Of<PodDisruptionBudget>(key), null, default)).IsOk);
        await RunningCluster.UntilAsync(
            () => cluster.Client.PatchAsync<Pod>(new("default", "of-a-daemon"), Patch.Parse(PatchType.Merge, """{"metadata":{"finalizers":null}}"""), default),
            static p => p.IsOk || p.IsNotFound);
    }
}
