using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Storage;

internal sealed class VolumeAttributesClassStrategy : ObjectStrategy<VolumeAttributesClass>
{
    protected override void Check(VolumeAttributesClass obj, FieldErrorList errors)
    {
        if (obj.DriverName.Length == 0)
        {
            errors.Required(FieldPath.Root("driverName"));
        }
        else
        {
            errors.InvalidEach(null, "driverName", obj.DriverName.ToLowerInvariant(), Formats.QualifiedName(obj.DriverName.ToLowerInvariant()));
        }

        StorageClassStrategy.Parameters(obj.Parameters, errors, allowEmpty: false);
    }

    protected override void CheckUpdate(VolumeAttributesClass obj, VolumeAttributesClass old, FieldErrorList errors)
    {
        if (obj.DriverName != old.DriverName)
        {
            errors.Forbidden(FieldPath.Root("driverName"), "updates to driverName are forbidden.");
        }

        if (!Semantic.Equal(obj.Parameters, old.Parameters))
        {
            errors.Forbidden(FieldPath.Root("parameters"), "updates to parameters are forbidden.");
        }

        Check(obj, errors);
    }
}
