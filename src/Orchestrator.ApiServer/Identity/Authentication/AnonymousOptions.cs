namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Whether requests without credentials are let in at all, as system:anonymous.</summary>
public sealed record AnonymousOptions
{
    public bool IsEnabled { get; init; } = true;

    /// <summary>The paths where; empty for all.</summary>
    public IReadOnlySet<string> Paths { get; init; } = new HashSet<string>();

    internal bool Admits(string path) => IsEnabled && (Paths.Count == 0 || Paths.Contains(path));
}
