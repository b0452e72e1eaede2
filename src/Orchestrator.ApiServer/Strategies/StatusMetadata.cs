namespace Orchestrator.ApiServer.Strategies;

/// <summary>Which metadata a status update leaves as it was.</summary>
internal enum StatusMetadata
{
    /// <summary>Labels, annotations, finalizers and owners all may change.</summary>
    None,
    Labels,
    OwnerReferences,

    /// <summary>Nothing a client can set may change.</summary>
    All,
}
