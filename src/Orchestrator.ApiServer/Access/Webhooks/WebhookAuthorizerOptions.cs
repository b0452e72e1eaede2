namespace Orchestrator.ApiServer.Access.Webhooks;

/// <summary>An authorizer outside of this server.</summary>
public sealed record WebhookAuthorizerOptions
{
    /// <summary>In metrics and in logs.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Names the server and how it is spoken to.</summary>
    public required string KubeconfigFile { get; init; }

    /// <summary>The version of the reviews it is sent: v1 or v1beta1. Default v1.</summary>
    public string Version { get; init; } = "v1";

    /// <summary>For each call. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a yes is remembered; not at all for zero. Default 5 minutes.</summary>
    public TimeSpan AuthorizedTtl { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a no is remembered; not at all for zero. Default 30 s.</summary>
    public TimeSpan UnauthorizedTtl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>When it is asked at all; null for always.</summary>
    internal ReviewConditions? Conditions { get; init; }

    /// <summary>Whether nobody may do anything while the authorizer does not answer; otherwise the next one is asked. Default false.</summary>
    public bool DenyOnFailure { get; init; }
}
