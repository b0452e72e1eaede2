namespace Orchestrator.Golden.Tests;

/// <summary>Custom resources from definition to deletion.</summary>
public sealed class DefinitionTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["crd_versions", "crds"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
