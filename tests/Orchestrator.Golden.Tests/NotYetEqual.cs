namespace Orchestrator.Golden.Tests;

/// <summary>The scenarios that our server is known to answer otherwise. The list in <c>NotYetEqual.txt</c> only ever gets shorter.</summary>
internal static class NotYetEqual
{
    public static IReadOnlySet<string> Scenarios { get; } = Read();

    private static HashSet<string> Read()
    {
        using var reader = new StreamReader(typeof(NotYetEqual).Assembly.GetManifestResourceStream("NotYetEqual.txt")!);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(static l => !l.StartsWith('#'))];
    }
}
