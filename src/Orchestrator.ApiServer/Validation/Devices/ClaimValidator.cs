using Orchestrator.Api;
using Orchestrator.Api.Resources.V1;

namespace Orchestrator.ApiServer.Validation.Devices;

/// <summary>What a claim asks for.</summary>
internal static class ClaimValidator
{
    private const int AlternativesMax = 8;

    public static void Validate(ResourceClaimSpec spec, FieldPath path, FieldErrorList errors)
    {
        var devices = spec.Devices;
        var at = path.Child("devices");
        var names = new RequestNames(devices);
        DeviceRules.EachOnce(devices.Requests, DeviceRules.ListMax, at.Child("requests"), errors, (r, place) => Request(r, place, errors), static r => r.Name);
        DeviceRules.Each(devices.Constraints, DeviceRules.ListMax, at.Child("constraints"), errors, (c, place) => Constraint(c, place, names, errors));
        DeviceRules.Each(devices.Config, DeviceRules.ListMax, at.Child("config"), errors, (c, place) =>
        {
            names.Validate(c.Requests, place.Child("requests"), errors);
            DeviceRules.Opaque(c.Opaque, place, errors);
        });
    }

    private static void Request(DeviceRequest request, FieldPath path, FieldErrorList errors)
    {
        DeviceRules.Label(request.Name, path.Child("name"), errors);
        switch (request.Exactly, request.FirstAvailable.Count)
        {
            case (null, 0):
                errors.Required(path, "exactly one of `exactly` or `firstAvailable` is required");
                break;
            case (not null, > 0):
                errors.Invalid(path, null, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
                break;
            case ({ } exactly, _):
                Common(exactly.DeviceClassName, exactly.Selectors, exactly.AllocationMode, exactly.Count, exactly.Tolerations, path.Child("exactly"), errors);
                break;
            default:
                DeviceRules.EachOnce(
                    request.FirstAvailable,
                    AlternativesMax,
                    path.Child("firstAvailable"),
                    errors,
                    (alternative, at) =>
                    {
                        DeviceRules.Label(alternative.Name, at.Child("name"), errors);
                        Common(alternative.DeviceClassName, alternative.Selectors, alternative.AllocationMode, alternative.Count, alternative.Tolerations, at, errors);
                    },
                    static a => a.Name);
                break;
        }
    }

    private static void Common(
        string className, ApiList<DeviceSelector> selectors, string mode, long count, ApiList<DeviceToleration> tolerations, FieldPath path, FieldErrorList errors)
    {
        if (className.Length == 0)
        {
            errors.Missing(path, "deviceClassName");
        }
        else
        {
            errors.InvalidEach(path, "deviceClassName", className, Formats.DnsSubdomain(className));
        }

        DeviceRules.Selectors(selectors, path.Child("selectors"), errors);
        switch (mode)
        {
            case "All" when count != 0:
                errors.Invalid(path, "count", count, "must not be specified when allocationMode is 'All'");
                break;
            case "ExactCount" when count <= 0:
                errors.Invalid(path, "count", count, "must be greater than zero");
                break;
            default:
                errors.OneOf(path, "allocationMode", mode, "All", "ExactCount");
                break;
        }

        DeviceRules.Tolerations(tolerations, path.Child("tolerations"), errors);
    }

    private static void Constraint(DeviceConstraint constraint, FieldPath path, RequestNames names, FieldErrorList errors)
    {
        names.Validate(constraint.Requests, path.Child("requests"), errors);
        if (constraint.MatchAttribute is { } match)
        {
            DeviceRules.FullyQualifiedName(match, path.Child("matchAttribute"), errors);
        }
        else if (constraint.DistinctAttribute is { } distinct)
        {
            DeviceRules.FullyQualifiedName(distinct, path.Child("distinctAttribute"), errors);
        }
        else
        {
            errors.Required(path, "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set");
        }
    }
}
