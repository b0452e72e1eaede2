namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>Defaults, strategies and validation against what the real server answered.</summary>
public sealed class GoldenRulesTests
{
    [Theory]
    [InlineData("crud")]
    [InlineData("defaults")]
    [InlineData("kinds_apps")]
    [InlineData("kinds_batch")]
    [InlineData("kinds_cluster")]
    [InlineData("kinds_core")]
    [InlineData("kinds_network")]
    [InlineData("kinds_pod")]
    [InlineData("kinds_policy")]
    [InlineData("kinds_storage")]
    public void Rules_answer_as_the_real_server_did(string theme)
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
        Assert.True(replay.Differences.Count == 0, $"{replay.Differences.Count} of {replay.Compared} differ:\n" + string.Join("\n", replay.Differences.Take(20)));
    }
}
