namespace Orchestrator.Golden.Tests;

/// <summary>How every resource is read: gets, lists, selectors, forms of answers.</summary>
public sealed class ReadTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["lists", "selectors", "negotiation", "errors", "tables"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
