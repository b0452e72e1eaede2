using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Tokens;

namespace Orchestrator.ApiServer.Identity;

/// <summary>How requests are authenticated.</summary>
public sealed record IdentityOptions
{
    /// <summary>A CSV file of lasting tokens; null for none.</summary>
    public string? StaticTokenFile { get; init; }

    /// <summary>OpenID Connect providers whose users may come in.</summary>
    public IReadOnlyList<OidcOptions> Oidc { get; init; } = [];

    /// <summary>Who may come without credentials.</summary>
    public AnonymousOptions Anonymous { get; init; } = new();

    /// <summary>Proxies whose word is taken for who makes a request.</summary>
    public RequestHeaderOptions RequestHeaders { get; init; } = new();

    /// <summary>A server that knows tokens; null for none.</summary>
    public WebhookTokenOptions? TokenWebhook { get; init; }

    public ServiceAccountTokenOptions ServiceAccountTokens { get; init; } = new();
}
