namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>A server that knows tokens.</summary>
public sealed record WebhookTokenOptions
{
    public required string KubeconfigFile { get; init; }

    /// <summary>The version of the reviews it is sent: v1 or v1beta1. Default v1.</summary>
    public string Version { get; init; } = "v1";

    /// <summary>How long an answer is remembered. Default 2 minutes.</summary>
    public TimeSpan CacheTtl { get; init; } = TimeSpan.FromMinutes(2);
}
