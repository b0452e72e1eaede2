using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Tokens;

namespace Orchestrator.ApiServer.Identity;

/// <summary>How requests are authenticated.</summary>
public sealed record IdentityOptions
{
    /// <summary>A CSV file of lasting tokens; null for none.</summary>
    public string? StaticTokenFile { get; init; }

    /// <summary>An OpenID Connect provider whose users may come in; null for none.</summary>
    public OidcOptions? Oidc { get; init; }

    public ServiceAccountTokenOptions ServiceAccountTokens { get; init; } = new();
}
