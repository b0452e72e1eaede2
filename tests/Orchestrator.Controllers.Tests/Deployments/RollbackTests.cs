using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Deployments;

[Collection(SharedCluster.Name)]
public sealed class RollbackTests(RunningCluster cluster)
{
    private const string RollbackTo = "deprecated.deployment.rollback.to";
    private const string Revision = "deployment.kubernetes.io/revision";
    private static readonly ObjectKey Key = new("default", "rolled-back");

    [Fact]
    public async Task The_annotation_of_old_brings_an_earlier_template_back()
    {
        var client = cluster.Client;
        Assert.True((await client.CreateAsync(
            new Deployment
            {
                Metadata = new() { Namespace = Key.Namespace, Name = Key.Name },
                Spec = new()
                {
                    Replicas = 0,
                    Selector = new() { MatchLabels = ApiMap<string>.Empty.With("app", Key.Name) },
                    Template = new()
                    {
                        Metadata = new() { Labels = ApiMap<string>.Empty.With("app", Key.Name) },
                        Spec = new() { Containers = [new() { Name = "c", Image = "v1" }] },
                    },
                },
            },
            default)).IsOk);
        await UntilRevisionAsync("1");
        await PatchAsync("""{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"v2"}]}}}}""");
        await UntilRevisionAsync("2");

        // 0 is the last but one.
        await PatchAsync($$$$"""{"metadata":{"annotations":{"{{{{RollbackTo}}}}":"0"}}}""");
        var rolled = await UntilRevisionAsync("3");
        Assert.Equal("v1", rolled.Spec.Template.Spec.Containers[0].Image);
        Assert.False(rolled.Metadata.Annotations.ContainsKey(RollbackTo));

        // One that is not there changes nothing, but the wish is done with.
        await PatchAsync($$$$"""{"metadata":{"annotations":{"{{{{RollbackTo}}}}":"17"}}}""");
        rolled = await RunningCluster.UntilAsync(() => client.GetAsync<Deployment>(Key, default), static d => d.IsOk && !d.Value.Metadata.Annotations.ContainsKey(RollbackTo));
        Assert.Equal("v1", rolled.Spec.Template.Spec.Containers[0].Image);
        Assert.True((await client.DeleteAsync(ResourcePath.Of<Deployment>(Key), null, default)).IsOk);

        async Task PatchAsync(string body) =>
            await RunningCluster.UntilAsync(() => client.PatchAsync<Deployment>(Key, Patch.Parse(PatchType.StrategicMerge, body), default), static d => d.IsOk);

        Task<Deployment> UntilRevisionAsync(string revision) => RunningCluster.UntilAsync(
            () => client.GetAsync<Deployment>(Key, default), d => d.IsOk && d.Value.Metadata.Annotations.GetValueOrDefault(Revision) == revision);
    }
}
