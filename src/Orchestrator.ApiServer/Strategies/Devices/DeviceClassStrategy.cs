using Orchestrator.Api.Resources.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Devices;

namespace Orchestrator.ApiServer.Strategies.Devices;

internal sealed class DeviceClassStrategy : ObjectStrategy<DeviceClass>
{
    protected override void Check(DeviceClass obj, FieldErrorList errors) => Spec(obj.Spec, null, errors);

    protected override void CheckUpdate(DeviceClass obj, DeviceClass old, FieldErrorList errors) => Spec(obj.Spec, old.Spec, errors);

    private static void Spec(DeviceClassSpec spec, DeviceClassSpec? old, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        DeviceRules.Selectors(spec.Selectors, path.Child("selectors"), errors);
        var stored = old is not null && Semantic.Equal(old.Config, spec.Config);
        DeviceRules.Each(spec.Config, DeviceRules.ListMax, path.Child("config"), errors, (c, at) => DeviceRules.Opaque(c.Opaque, at, errors, stored));
        if (spec.ExtendedResourceName is { } name && !ResourceValidator.IsExtended(name))
        {
            errors.Invalid(path, "extendedResourceName", name, "must be a valid extended resource name");
        }
    }
}
