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

    /// <summary>Mutating policies': the first fault is the message, all are causes.</summary>
    public static ApiException Mutating(AdmissionAttributes attributes, IReadOnlyList<PolicyFault> faults)
    {
        var status = attributes.Forbidden(faults[0].Message).Status;
        return new ApiException(status with
        {
            Message = faults[0].Message,
            Reason = faults[0].IsMisconfigured ? status.Reason : "Invalid",
            Details = (status.Details ?? new StatusDetails()) with { Causes = faults.Select(static f => new StatusCause { Message = f.Message }).ToApiList() },
        });
    }
}
