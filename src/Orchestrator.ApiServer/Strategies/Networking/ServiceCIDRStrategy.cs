using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class ServiceCIDRStrategy : ObjectStrategy<ServiceCIDR>
{
    protected override void Check(ServiceCIDR obj, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("cidrs");
        var cidrs = obj.Spec.Cidrs;
        if (cidrs.Count == 0)
        {
            errors.Required(path, "at least one CIDR required");
            return;
        }

        if (cidrs.Count > 2)
        {
            errors.Invalid(path, new InternalValue(obj.Spec), "may only hold up to 2 values");
            return;
        }

        for (var i = 0; i < cidrs.Count; i++)
        {
            errors.InvalidEach(path.Index(i), cidrs[i], IpFormats.CanonicalCidr(cidrs[i]));
        }

        if (cidrs.Count == 2 && IpFormats.TryParseCidr(cidrs[0], out var first, out _, out _) && IpFormats.TryParseCidr(cidrs[1], out var second, out _, out _)
            && IpFormats.IsV6(first) == IpFormats.IsV6(second))
        {
            errors.Invalid(path, cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
        }
    }

    protected override void CheckUpdate(ServiceCIDR obj, ServiceCIDR old, FieldErrorList errors)
    {
        var (cidrs, before) = (obj.Spec.Cidrs, old.Spec.Cidrs);
        if (cidrs.Count != before.Count && (before.Count, cidrs.Count) != (1, 2))
        {
            errors.Invalid(FieldPath.Spec, "cidrs", cidrs, "field is immutable");
            return;
        }

        for (var i = 0; i < before.Count; i++)
        {
            if (cidrs[i] != before[i])
            {
                errors.Invalid(FieldPath.Spec.Child("cidrs").Index(i), cidrs[i], "field is immutable");
            }
        }

        if (cidrs.Count > before.Count)
        {
            Check(obj, errors);
        }
    }
}
