using Orchestrator.Api;
using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class APIServiceStrategy : ObjectStrategy<APIService>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override void Prepare(APIService obj, StrategyContext context)
    {
        obj.Slots[APIService.Fields.Status] = obj.Spec.Service is not null ? null : new APIServiceStatus
        {
            Conditions =
            [
                new APIServiceCondition
                {
                    Type = "Available", Status = "True", Reason = "Local", Message = "Local APIServices are always available", LastTransitionTime = ApiTime.Truncate(context.Time.GetUtcNow()),
                },
            ],
        };
    }

    protected override void Check(APIService obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        var name = spec.Version + "." + spec.Group;
        if (obj.Metadata.Name != name)
        {
            errors.Invalid(FieldPath.Metadata, "name", obj.Metadata.Name, $"must be `spec.version+\".\"+spec.group`: {Api.Json.GoText.Quote(name)}");
        }

        if (spec.Group.Length == 0 && spec.Version != "v1")
        {
            errors.Missing(path, "group", "only v1 may have an empty group and it better be legacy kube");
        }

        if (spec.Group.Length > 0)
        {
            errors.InvalidEach(path, "group", spec.Group, Formats.DnsSubdomain(spec.Group));
        }

        errors.InvalidEach(path, "version", spec.Version, Formats.Dns1035Label(spec.Version));
        if (spec.GroupPriorityMinimum is <= 0 or > 20000)
        {
            errors.Invalid(path, "groupPriorityMinimum", spec.GroupPriorityMinimum, "must be positive and less than 20000");
        }

        if (spec.VersionPriority is <= 0 or > 1000)
        {
            errors.Invalid(path, "versionPriority", spec.VersionPriority, "must be positive and less than 1000");
        }

        if (spec.Service is not { } service)
        {
            if (spec.CaBundle is { Length: > 0 } bundle)
            {
                errors.Invalid(path, "caBundle", $"{bundle.Length} bytes", "local APIServices may not have a caBundle");
            }

            if (spec.InsecureSkipTLSVerify)
            {
                errors.Invalid(path, "insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify");
            }

            return;
        }

        var at = path.Child("service");
        if (service.Namespace.Length == 0)
        {
            errors.Missing(at, "namespace");
        }

        if (service.Name.Length == 0)
        {
            errors.Missing(at, "name");
        }

        foreach (var fault in Formats.PortNumber(service.Port ?? 443))
        {
            errors.Invalid(at, "port", service.Port, "port is not valid: " + fault);
        }

        if (spec.InsecureSkipTLSVerify && spec.CaBundle is { Length: > 0 })
        {
            errors.Invalid(path, "insecureSkipTLSVerify", true, "may not be true if caBundle is present");
        }
    }
}
