namespace Orchestrator.Golden.Tests;

/// <summary>How every resource is written.</summary>
public sealed class WriteTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["crud", "patches", "apply", "deletion", "subresources"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
