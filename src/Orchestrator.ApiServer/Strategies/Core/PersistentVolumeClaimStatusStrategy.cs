using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PersistentVolumeClaimStatusStrategy : StatusStrategy<PersistentVolumeClaim>
{
    protected override void Check(PersistentVolumeClaim obj, PersistentVolumeClaim old, FieldErrorList errors)
    {
        if (obj.Spec.AccessModes.Count == 0)
        {
            errors.Required(FieldPath.Root("Spec").Child("accessModes"));
        }

        foreach (var (list, field) in new[] { (obj.Status.Capacity, "capacity"), (obj.Status.AllocatedResources, "allocatedResources") })
        {
            foreach (var (name, quantity) in list)
            {
                if (quantity.Sign < 0)
                {
                    // Upstream gives the bare number here.
                    errors.Invalid(FieldPath.Status.Child(field).Key(name), quantity.Value, "must be a valid resource quantity");
                }
            }
        }
    }
}
