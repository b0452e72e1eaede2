namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>The recorded cases of the workload controllers, side by side in one cluster as they were recorded.</summary>
/// <remarks>
/// CASES names cases or areas to play alone. The CronJobs are played only then: their schedule has one-minute steps, which takes minutes.
/// </remarks>
public sealed class ReplayTests(RunningCluster cluster, ITestOutputHelper output) : IClassFixture<RunningCluster>
{
    private static readonly string[] Areas = ["deployments", "replicasets", "endpointslices", "gc", "statefulsets", "jobs", "pdbs", "quotas", "hpa", "volumes"];

    [Fact]
    public async Task Controllers_do_what_upstreams_did()
    {
        Assert.SkipWhen(RecordedCases.Folder is null, "the recorded cases are not here");
        var only = Environment.GetEnvironmentVariable("CASES") is { Length: > 0 } named ? named.Split(',') : null;
        var cases = (only is null ? Areas : [.. Areas, "cronjobs"]).SelectMany(RecordedCases.Of).Where(c => only is null || only.Any(o => c.StartsWith(o, StringComparison.Ordinal))).ToList();
        var results = await Task.WhenAll(cases.Select(async c => (Case: c, Report: await new CaseReplay(cluster, c).RunAsync(
            c.StartsWith("cronjobs/", StringComparison.Ordinal) ? TimeSpan.FromMinutes(3) : TimeSpan.FromSeconds(60)))));
        for (var i = 0; i < results.Length; i++)
        {
            // Some cases are about seconds that pass (deadlines, times of readiness), which a loaded machine cannot keep with all others beside: alone it can.
            if (results[i].Report.Count > 0)
            {
                output.WriteLine($"again, alone: {string.Join('\n', results[i].Report)}");
                await using var alone = new RunningCluster();
                await alone.InitializeAsync();
                results[i].Report = await new CaseReplay(alone, results[i].Case).RunAsync(TimeSpan.FromSeconds(30));
            }
        }

        foreach (var (name, report) in results)
        {
            output.WriteLine(report.Count == 0 ? $"equal: {name}" : string.Join('\n', report));
        }

        Assert.Empty(results.Where(static r => r.Report.Count > 0).Select(static r => r.Case));
    }
}
