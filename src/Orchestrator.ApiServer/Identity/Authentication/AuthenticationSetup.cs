namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>What an AuthenticationConfiguration says.</summary>
public sealed record AuthenticationSetup
{
    /// <summary>Whose tokens are good.</summary>
    public IReadOnlyList<OidcOptions> Issuers { get; init; } = [];

    public AnonymousOptions Anonymous { get; init; } = new();
}
