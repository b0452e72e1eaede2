namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>A server that knows tokens.</summary>
public sealed record WebhookTokenOptions
{
    public required string KubeconfigFile { get; init; }

    /// <summary>How long an answer is remembered. Default 2 minutes.</summary>
    public TimeSpan CacheTtl { get; init; } = TimeSpan.FromMinutes(2);
}
