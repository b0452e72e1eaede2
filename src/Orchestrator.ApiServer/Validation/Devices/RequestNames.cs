using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>The names of a claim's requests and of their alternatives, for references to them.</summary>
internal sealed class RequestNames(DeviceClaim claim)
{
    private const string Fault = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

    public void Validate(ApiList<string> references, FieldPath path, FieldErrorList errors) =>
        DeviceRules.EachOnce(references, DeviceRules.ListMax, path, errors, (r, at) => Validate(r, at, errors), static r => r);

    public void Validate(string reference, FieldPath path, FieldErrorList errors)
    {
        var parts = reference.Split('/');
        if (parts.Length > 2)
        {
            errors.Invalid(path, reference, Fault);
            return;
        }

        foreach (var part in parts)
        {
            DeviceRules.Label(part, path, errors);
        }

        // Of several requests with one name the last counts.
        var request = claim.Requests.LastOrDefault(r => r.Name == parts[0]);
        if (request is null || (parts.Length == 2 && !request.FirstAvailable.Any(a => a.Name == parts[1])))
        {
            errors.Invalid(path, reference, Fault);
        }
    }
}
