using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Machinery;

/// <summary>A request that is answered with a <see cref="Status"/>; thrown anywhere in the pipeline, caught at its boundary.</summary>
public sealed class ApiException(Status status) : Exception(status.Message)
{
    public Status Status { get; } = status;

    /// <summary>Seconds for a Retry-After header; 0 for none.</summary>
    public int RetryAfterSeconds => Status.Details?.RetryAfterSeconds ?? 0;
}
