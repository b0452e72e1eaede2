namespace Orchestrator.Golden.Tests;

/// <summary>Who asks, what he may, and what admission makes of it.</summary>
public sealed class AccessTests(GoldenServer server) : GoldenTheory(server), IClassFixture<GoldenServer>
{
    public static readonly string[] Themes = ["admission", "authn", "certificates", "podsecurity", "quotas", "rbac", "reviews", "flowcontrol"];

    public static IEnumerable<TheoryDataRow<string>> All => Scenarios(Themes);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public Task Scenario(string scenario) => ReplayAsync(scenario);
}
