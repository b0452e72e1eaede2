using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class IPAddressStrategy : ObjectStrategy<IPAddress>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => IpFormats.CanonicalIp;

    protected override void Check(IPAddress obj, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("parentRef");
        if (obj.Spec.ParentRef is not { } parent)
        {
            errors.Required(path);
            return;
        }

        if (parent.Group.Length > 0)
        {
            errors.InvalidEach(path, "group", parent.Group, Formats.DnsSubdomain(parent.Group));
        }

        Segment(parent.Resource, "resource", required: true);
        Segment(parent.Name, "name", required: true);
        Segment(parent.Namespace, "namespace", required: false);

        void Segment(string value, string field, bool required)
        {
            if (value.Length > 0)
            {
                errors.InvalidEach(path, field, value, Formats.PathSegment(value));
            }
            else if (required)
            {
                errors.Missing(path, field);
            }
        }
    }

    protected override void CheckUpdate(IPAddress obj, IPAddress old, FieldErrorList errors)
    {
        Check(obj, errors);
        if (!Semantic.Equal(obj.Spec.ParentRef, old.Spec.ParentRef))
        {
            errors.Invalid(FieldPath.Spec, "parentRef", obj.Spec.ParentRef is null ? null : new InternalValue(obj.Spec.ParentRef), "field is immutable");
        }
    }
}
