using System.Text.Json;

namespace Orchestrator.ApiServer.Tests.Recorded;

/// <summary>Recorded answers of the real server: <c>shared/golden</c> in a folder above this one, or where ORCHESTRATOR_GOLDEN points.</summary>
internal static class GoldenScenarios
{
    /// <summary>The folder; null where it is missing, and then tests that need it skip.</summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN") is { Length: > 0 } given ? given : Search();

    /// <summary>All steps of the scenarios of some themes, in order; a name per scenario.</summary>
    public static IEnumerable<(string Scenario, IReadOnlyList<GoldenStep> Steps)> Scenarios(params string[] themes)
    {
        Assert.SkipWhen(Folder is null, "The golden answers are not here.");
        foreach (var theme in themes.Length == 0 ? Directory.GetDirectories(Folder).Select(d => Path.GetFileName(d)).Order().ToArray() : themes)
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Folder, theme), "*.json").Order(StringComparer.Ordinal))
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(file));
                yield return (theme + "/" + Path.GetFileNameWithoutExtension(file), [.. document.RootElement.GetProperty("steps").EnumerateArray().Select(Step)]);
            }
        }
    }

    private static GoldenStep Step(JsonElement step)
    {
        var request = step.GetProperty("request");
        var response = step.GetProperty("response");
        var path = request.GetProperty("path").GetString()!;
        var cut = path.IndexOf('?', StringComparison.Ordinal);
        return new(
            step.GetProperty("id").GetString()!,
            request.GetProperty("method").GetString()!,
            cut < 0 ? path : path[..cut],
            cut < 0 ? "" : path[(cut + 1)..],
            request.TryGetProperty("headers", out var headers) && headers.TryGetProperty("Content-Type", out var type) ? type.GetString()! : "",
            request.TryGetProperty("body", out var body) ? body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText() : null,
            response.GetProperty("status").GetInt32(),
            response.TryGetProperty("body", out var answer) ? answer.Clone() : default);
    }

    private static string? Search()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "golden");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
