namespace Orchestrator.Network.Services;

/// <summary>How a Service is reached.</summary>
internal enum ServiceKind
{
    /// <summary>By a virtual address of its own.</summary>
    ClusterIP,

    /// <summary>By name only; DNS answers with the endpoints themselves.</summary>
    Headless,

    /// <summary>Elsewhere; DNS answers with a CNAME.</summary>
    ExternalName,
}
