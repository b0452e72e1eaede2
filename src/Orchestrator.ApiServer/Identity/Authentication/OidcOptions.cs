namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Users of an OpenID Connect provider.</summary>
public sealed record OidcOptions
{
    /// <summary>The provider's URL, as it stands in its tokens; https only.</summary>
    public required string IssuerUrl { get; init; }

    /// <summary>Tokens must be issued for this client.</summary>
    public required string ClientId { get; init; }

    /// <summary>Clients whose tokens are taken; empty for <see cref="ClientId"/> alone.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>Where the provider describes itself; null for the well-known place below the issuer.</summary>
    public string? DiscoveryUrl { get; init; }

    /// <summary>"" for no uid.</summary>
    public string UidClaim { get; init; } = "";

    public string UsernameClaim { get; init; } = "sub";

    /// <summary>Put before user names, so that none of the provider's users is one of the cluster's. Null: the issuer and <c>#</c>, unless the claim is email.</summary>
    public string? UsernamePrefix { get; init; }

    /// <summary>"" for no groups.</summary>
    public string GroupsClaim { get; init; } = "";

    public string GroupsPrefix { get; init; } = "";

    /// <summary>Claims that a token must have with these values.</summary>
    public IReadOnlyDictionary<string, string> RequiredClaims { get; init; } = new Dictionary<string, string>();

    /// <summary>Algorithms that tokens may be signed with; empty for all that are known.</summary>
    public IReadOnlyList<string> SigningAlgorithms { get; init; } = [];

    /// <summary>What is told by expressions, and stands before claims; null for nothing.</summary>
    internal ClaimExpressions? Expressions { get; init; }

    /// <summary>The CA of the provider in PEM; null for the system's.</summary>
    public string? AuthorityPem { get; init; }
}
