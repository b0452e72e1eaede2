namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>The recorded cases of the workload controllers, side by side in one cluster as they were recorded.</summary>
public sealed class ReplayTests(RunningCluster cluster, ITestOutputHelper output) : IClassFixture<RunningCluster>
{
    private static readonly string[] Areas = ["deployments", "replicasets", "endpointslices", "gc", "statefulsets", "jobs", "pdbs", "quotas", "hpa", "volumes"];

    // Areas that are not equal yet, or depend on who is quicker. Still played, so that the output tells what is left.
    private static readonly string[] NotYetEqual =
    [
        "hpa/", "jobs/pod-failure-policy-ignore", "pdbs/percent", "deployments/progress-deadline", "deployments/proportional", "replicasets/scale-down-newer-first",
        "endpointslices/headless", "statefulsets/pvc-retention",
    ];

    [Fact]
    public async Task Controllers_do_what_upstreams_did()
    {
        Assert.SkipWhen(RecordedCases.Folder is null, "the recorded cases are not here");
        var only = Environment.GetEnvironmentVariable("CASES")?.Split(',');
        var cases = Areas.SelectMany(RecordedCases.Of).Where(c => only is null || only.Any(o => c.StartsWith(o, StringComparison.Ordinal))).ToList();
        var results = await Task.WhenAll(cases.Select(async c => (Case: c, Report: await new CaseReplay(cluster, c).RunAsync(TimeSpan.FromSeconds(30)))));
        foreach (var (name, report) in results)
        {
            output.WriteLine(report.Count == 0 ? $"equal: {name}" : string.Join('\n', report));
        }

        Assert.Empty(results.Where(static r => r.Report.Count > 0 && !NotYetEqual.Any(d => r.Case.StartsWith(d, StringComparison.Ordinal))).Select(static r => r.Case));
    }
}
