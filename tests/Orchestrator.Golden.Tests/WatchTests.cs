namespace Orchestrator.Golden.Tests;

/// <summary>How every resource is watched.</summary>
public sealed class WatchTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["watches"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
