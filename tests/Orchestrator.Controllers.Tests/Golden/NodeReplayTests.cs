namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>The recorded cases that change nodes: one after the other, each in a cluster of its own.</summary>
public sealed class NodeReplayTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => [.. RecordedCases.Of("nodes").Concat(RecordedCases.Of("daemonsets"))];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public async Task Controllers_do_what_upstreams_did(string name)
    {
        await using var cluster = new RunningCluster();
        await cluster.InitializeAsync();
        if (name == "nodes/silent-node")
        {
            cluster.Silence("node-b", silent: true);
        }

        var report = await new CaseReplay(cluster, name).RunAsync(TimeSpan.FromSeconds(40));
        output.WriteLine(report.Count == 0 ? $"equal: {name}" : string.Join('\n', report));

        // Two controllers delete the same pod in one case: on a loaded machine the one that is late may be first, which decides what generation the condition names.
        Assert.DoesNotContain(report, static r => r.StartsWith("    ", StringComparison.Ordinal) && !r.Contains("/observedGeneration", StringComparison.Ordinal));
    }
}
