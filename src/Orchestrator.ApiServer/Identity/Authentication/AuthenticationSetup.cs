using Orchestrator.ApiServer.Reloading;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>What an AuthenticationConfiguration says.</summary>
public sealed record AuthenticationSetup
{
    /// <summary>Whose tokens are good.</summary>
    public IReadOnlyList<OidcOptions> Issuers { get; init; } = [];

    public AnonymousOptions Anonymous { get; init; } = new();

    /// <summary>Whether the file says something of <see cref="Anonymous"/>.</summary>
    public bool SaysAnonymous { get; init; }

    /// <summary>The AuthenticationConfiguration that says so, whose issuers are followed; null if flags do.</summary>
    public ConfigurationSource? File { get; init; }
}
