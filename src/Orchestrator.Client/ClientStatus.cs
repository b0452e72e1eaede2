using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Statuses that a client makes itself, and questions to statuses.</summary>
public static class ClientStatus
{
    /// <summary>The reason of a status that no server sent, since none could be reached or it broke off.</summary>
    public const string Unreachable = "Unreachable";

    public static Status UnreachableBecause(string message) => new()
    {
        Kind = "Status",
        ApiVersion = "v1",
        StatusValue = "Failure",
        Reason = Unreachable,
        Message = message,
    };

    /// <summary>Whether a status names a cause of a type.</summary>
    public static bool HasCause(this Status status, string causeType)
    {
        foreach (var cause in status.Details?.Causes ?? [])
        {
            if (cause.Reason == causeType)
            {
                return true;
            }
        }

        return false;
    }
}
