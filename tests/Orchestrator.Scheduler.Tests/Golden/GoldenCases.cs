using System.Text.Json.Nodes;

namespace Orchestrator.Scheduler.Tests.Golden;

/// <summary>Recorded cases of the real scheduler: <c>shared/golden-controllers</c> in a folder above this one, or where ORCHESTRATOR_GOLDEN_CONTROLLERS points.</summary>
internal static class GoldenCases
{
    private static string? Folder { get; } =
        Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN_CONTROLLERS") is { Length: > 0 } given ? given : Search();

    public static TheoryData<string> Names() => Folder is null
        ? new TheoryData<string>("")
        : new TheoryData<string>(Directory.GetFiles(Path.Combine(Folder, "scheduler"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal));

    public static JsonObject Read(string name)
    {
        Assert.SkipWhen(Folder is null, "The recorded cases are not here.");

        // Only to be readable as times again.
        var text = File.ReadAllText(Path.Combine(Folder, "scheduler", name + ".json")).Replace("\"<time>\"", "\"2031-05-01T07:00:00Z\"", StringComparison.Ordinal);
        return JsonNode.Parse(text)!.AsObject();
    }

    private static string? Search()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "golden-controllers");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
