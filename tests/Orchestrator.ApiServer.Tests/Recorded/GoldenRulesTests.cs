namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>Defaults, strategies and validation against what the real server answered.</summary>
public sealed class GoldenRulesTests
{
    /// <param name="theme">A folder of recordings.</param>
    /// <param name="differencesMax">
    /// How many answers may differ: those that admission or the allocators of services have a part in, and the kinds whose own rules are still
    /// missing (definitions' schemas, devices, flow schemas, webhooks and admission policies). It only ever goes down.
    /// </param>
    [Theory]
    [InlineData("crud", 1)]
    [InlineData("defaults", 0)]
    [InlineData("kinds_apps", 2)]
    [InlineData("kinds_batch", 0)]
    [InlineData("kinds_cluster", 30)]
    [InlineData("kinds_core", 0)]
    [InlineData("kinds_network", 7)]
    [InlineData("kinds_pod", 4)]
    [InlineData("kinds_policy", 0)]
    [InlineData("kinds_storage", 2)]
    public void Rules_answer_as_the_real_server_did(string theme, int differencesMax)
    {
        Assert.SkipWhen(GoldenFolder.Path is null, "The recorded answers are not here.");
        var replay = new RulesReplay();
        foreach (var (name, scenario) in GoldenFolder.Scenarios(theme))
        {
            replay.Run(name, scenario);
        }

        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN_REPORT") is { Length: > 0 } report)
        {
            File.WriteAllText(Path.Combine(report, theme + ".txt"), $"{replay.Compared} compared, {replay.Differences.Count} differ\n" + string.Join("\n", replay.Differences));
        }

        Assert.True(replay.Compared > 0);
        Assert.True(replay.Differences.Count <= differencesMax, $"{replay.Differences.Count} of {replay.Compared} differ, {differencesMax} are known:\n" + string.Join("\n", replay.Differences.Take(20)));
    }
}
