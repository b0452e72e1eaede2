using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>The answers to requests that policies refuse.</summary>
internal static class PolicyDenial
{
    /// <summary>A validating policy's: worded as a prohibition, with the code of its own reason.</summary>
    public static ApiException Validating(AdmissionAttributes attributes, string message, string reason)
    {
        var status = attributes.Forbidden(message).Status;
        return new ApiException(status with
        {
            Reason = reason,
            Code = reason switch { "Forbidden" => 403, "Unauthorized" => 401, "RequestEntityTooLarge" => 413, _ => 422 },
            Details = (status.Details ?? new StatusDetails()) with { Causes = [new StatusCause { Message = message }] },
        });
    }

    /// <summary>A mutating policy's: the first fault is the message, all are causes.</summary>
    public static ApiException Mutating(AdmissionAttributes attributes, IReadOnlyList<string> messages)
    {
        var status = attributes.Forbidden(messages[0]).Status;
        return new ApiException(status with
        {
            Message = messages[0],
            Reason = "Invalid",
            Details = (status.Details ?? new StatusDetails()) with { Causes = messages.Select(static m => new StatusCause { Message = m }).ToApiList() },
        });
    }
}
