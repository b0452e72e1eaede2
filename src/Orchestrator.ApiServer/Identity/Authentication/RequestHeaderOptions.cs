namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>A proxy in front that says in headers who makes a request.</summary>
public sealed record RequestHeaderOptions
{
    /// <summary>PEM of the CAs of such proxies; null for the cluster's own.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The common names that their certificates may have; empty for any.</summary>
    public IReadOnlyList<string> AllowedNames { get; init; } = ["front-proxy-client"];

    /// <summary>Headers with the user's name; the first that says something counts.</summary>
    public IReadOnlyList<string> UsernameHeaders { get; init; } = ["X-Remote-User"];

    public IReadOnlyList<string> UidHeaders { get; init; } = ["X-Remote-Uid"];

    /// <summary>Headers with his groups, all of which count.</summary>
    public IReadOnlyList<string> GroupHeaders { get; init; } = ["X-Remote-Group"];

    /// <summary>What names of headers with other things about him begin with.</summary>
    public IReadOnlyList<string> ExtraPrefixes { get; init; } = ["X-Remote-Extra-"];
}
