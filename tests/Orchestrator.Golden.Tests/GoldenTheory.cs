using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orchestrator.Golden.Tests.Replay;

namespace Orchestrator.Golden.Tests;

/// <summary>One test per recorded scenario of some themes, one after another on one fresh server.</summary>
public abstract class GoldenTheory(GoldenServer server)
{
    /// <summary>
    /// The rows of a theory: a scenario each, or one that says the recordings are missing. They run in this order: by name, but those named z-*, which
    /// set cluster-wide defaults for a while, come last. ORCHESTRATOR_GOLDEN_ONLY may hold a regular expression that picks some.
    /// </summary>
    protected static IEnumerable<TheoryDataRow<string>> Scenarios(params string[] themes)
    {
        if (GoldenFolder.Path is not { } folder)
        {
            return [new TheoryDataRow<string>("") { TestDisplayName = string.Join(", ", themes), Skip = "The recorded answers (shared/golden, or where ORCHESTRATOR_GOLDEN says) are not here." }];
        }

        var only = Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN_ONLY") ?? "";
        return themes
            .SelectMany(theme => Directory.EnumerateFiles(Path.Combine(folder, theme), "*.json").Select(f => theme + "/" + Path.GetFileNameWithoutExtension(f)))
            .Where(name => Regex.IsMatch(name, only))
            .OrderBy(static name => name.Contains("/z-", StringComparison.Ordinal))
            .ThenBy(static name => name, StringComparer.Ordinal)
            .Select(static name => new TheoryDataRow<string>(name) { TestDisplayName = name });
    }

    /// <param name="scenario">Theme/name.</param>
    protected async Task ReplayAsync(string scenario)
    {
        var recorded = JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(GoldenFolder.Path!, scenario + ".json")))!;
        var differences = await new ScenarioReplay(server.Client).RunAsync(recorded, TestContext.Current.CancellationToken);
        if (!NotYetEqual.Scenarios.Contains(scenario))
        {
            Assert.True(differences.Count == 0, $"{scenario} differs in {differences.Count} steps:\n" + string.Join("\n", differences));
            return;
        }

        Assert.True(differences.Count > 0, $"{scenario} is equal now: take it off NotYetEqual.txt.");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join("\n", differences));
    }
}
