namespace Orchestrator.Golden.Tests;

/// <summary>Admission policies and the rules of custom resources.</summary>
public sealed class ExtensionTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["cel_policies", "crd_cel", "crd_validation"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
