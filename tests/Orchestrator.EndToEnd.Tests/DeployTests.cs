using System.Diagnostics;
using Orchestrator.EndToEnd.Tests.Cluster;

namespace Orchestrator.EndToEnd.Tests;

[Collection(Collections.Disturbing)]
public sealed class DeployTests(RunningCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public void Demo_answers_through_its_Service_and_the_line_to_export_is_printed()
    {
        Assert.Contains("<h1>It runs</h1>", Cluster.UpOutput, StringComparison.Ordinal);
        Assert.EndsWith($"export KUBECONFIG={Cluster.DataDirectory}/admin.kubeconfig", Cluster.UpOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_up_leaves_the_running_cluster_alone_and_is_quick()
    {
        var program = await Cluster.ProgramIdAsync();
        var watch = Stopwatch.StartNew();
        (await Cluster.UpAsync("--demo")).Succeeded();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(program, await Cluster.ProgramIdAsync());
    }
}
