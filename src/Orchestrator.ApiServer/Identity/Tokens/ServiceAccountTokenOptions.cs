namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>How service-account tokens are issued and judged.</summary>
public sealed record ServiceAccountTokenOptions
{
    /// <summary>Who issues tokens.</summary>
    public string Issuer { get; init; } = "https://kubernetes.default.svc.cluster.local";

    /// <summary>The audiences of this server, and of tokens that ask for none.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = ["https://kubernetes.default.svc.cluster.local"];
}
