using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

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

    /// <summary>The same, as the API writes it.</summary>
    public DeleteOptions ToOptions(bool dryRun) => new()
    {
        Kind = "DeleteOptions",
        ApiVersion = "meta.k8s.io/v1",
        GracePeriodSeconds = GracePeriodSeconds,
        PropagationPolicy = PropagationPolicy,
        OrphanDependents = OrphanDependents,
        Preconditions = PreconditionUid is null && PreconditionResourceVersion is null ? null
            : new Preconditions { Uid = PreconditionUid, ResourceVersion = PreconditionResourceVersion },
        DryRun = dryRun ? ["All"] : [],
    };
}
