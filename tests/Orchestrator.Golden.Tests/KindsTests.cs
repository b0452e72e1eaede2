namespace Orchestrator.Golden.Tests;

/// <summary>Each kind's defaults and rules.</summary>
public sealed class KindsTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["defaults", "kinds_apps", "kinds_batch", "kinds_cluster", "kinds_core", "kinds_network", "kinds_pod", "kinds_policy", "kinds_storage"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
