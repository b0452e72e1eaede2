namespace Orchestrator.ApiServer.Registry;

/// <summary>The options of a delete.</summary>
internal sealed record DeleteRequest
{
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Background, Orphan, Foreground; null for the resource's default.</summary>
    public string? PropagationPolicy { get; init; }

    public bool? OrphanDependents { get; init; }

    public string? PreconditionUid { get; init; }

    public string? PreconditionResourceVersion { get; init; }
}
