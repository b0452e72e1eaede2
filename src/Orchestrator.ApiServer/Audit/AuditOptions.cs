namespace Orchestrator.ApiServer.Audit;

/// <summary>What is audited and who takes it. Without a policy nothing is.</summary>
public sealed record AuditOptions
{
    /// <summary>An audit.k8s.io/v1 Policy; null for no audit.</summary>
    public string? PolicyFile { get; init; }

    public AuditLogOptions? Log { get; init; }

    /// <summary>A kubeconfig whose server takes event lists; null for none.</summary>
    public string? WebhookConfigFile { get; init; }

    /// <summary>How long events gather before they are sent. Default 30 s. Longer means fewer calls, and more lost if the server dies.</summary>
    public TimeSpan WebhookBatchMaxWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Events in one call. Default 400.</summary>
    public int WebhookBatchMaxSize { get; init; } = 400;
}
