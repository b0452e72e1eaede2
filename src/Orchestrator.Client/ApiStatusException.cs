using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Somebody took the value of an answer that is an error.</summary>
public sealed class ApiStatusException(Status status) : Exception(status.Message)
{
    public Status Status { get; } = status;
}
