using System.Text.Json.Nodes;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>The recorded answers of the real server: a folder beside the repository, or where ORCHESTRATOR_GOLDEN says.</summary>
internal static class GoldenFolder
{
    public static string? Path { get; } = Find();

    public static IEnumerable<(string Name, JsonNode Scenario)> Scenarios(string theme) =>
        Directory.EnumerateFiles(System.IO.Path.Combine(Path!, theme), "*.json").Order(StringComparer.Ordinal)
            .Select(f => (theme + "/" + System.IO.Path.GetFileNameWithoutExtension(f), JsonNode.Parse(File.ReadAllBytes(f))!));

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN") is { Length: > 0 } given)
        {
            return given;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var beside = System.IO.Path.Combine(folder.FullName, "shared", "golden");
            if (File.Exists(System.IO.Path.Combine(beside, "record.py")))
            {
                return beside;
            }
        }

        return null;
    }
}
