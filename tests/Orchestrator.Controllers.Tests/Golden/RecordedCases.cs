using System.Text.Json.Nodes;

namespace Orchestrator.Controllers.Tests.Golden;

/// <summary>What the real controllers did, case by case: a folder beside the repository, or where ORCHESTRATOR_GOLDEN_CONTROLLERS says.</summary>
internal static class RecordedCases
{
    public static string? Folder { get; } = Find();

    public static JsonNode Load(string name) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(Folder!, name + ".json")))!;

    public static IEnumerable<string> Of(string area) => Folder is null || !Directory.Exists(Path.Combine(Folder, area))
        ? []
        : Directory.EnumerateFiles(Path.Combine(Folder, area), "*.json").Order(StringComparer.Ordinal).Select(f => area + "/" + Path.GetFileNameWithoutExtension(f));

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN_CONTROLLERS") is { Length: > 0 } given)
        {
            return given;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var beside = Path.Combine(folder.FullName, "shared", "golden-controllers");
            if (Directory.Exists(beside))
            {
                return beside;
            }
        }

        return null;
    }
}
