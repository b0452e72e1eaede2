namespace Orchestrator.Golden.Tests;

public sealed class ThemesTests
{
    [Fact]
    public void Every_recorded_theme_is_replayed()
    {
        Assert.SkipWhen(GoldenFolder.Path is null, "The recorded answers are not here.");
        string[] replayed = [.. ReadTests.Themes, .. WatchTests.Themes, .. WriteTests.Themes, .. AccessTests.Themes, .. KindsTests.Themes, .. ExtensionTests.Themes, .. DefinitionTests.Themes];
        Assert.Equal(Directory.EnumerateDirectories(GoldenFolder.Path!).Select(Path.GetFileName).Where(static d => d![0] is not ('.' or '_')).Order(), replayed.Order());
    }

    [Fact]
    public void The_list_of_what_is_not_yet_equal_names_recorded_scenarios_only()
    {
        Assert.SkipWhen(GoldenFolder.Path is null, "The recorded answers are not here.");
        Assert.All(NotYetEqual.Scenarios, static s => Assert.True(File.Exists(Path.Combine(GoldenFolder.Path!, s + ".json")), s));
    }
}
