using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PersistentVolumeClaimStatusStrategy : StatusStrategy<PersistentVolumeClaim>
{
    private static readonly string[] ResizeStatuses =
        ["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"];

    protected override void Check(PersistentVolumeClaim obj, PersistentVolumeClaim old, FieldErrorList errors)
    {
        if (obj.Spec.AccessModes.Count == 0)
        {
            errors.Required(FieldPath.Root("Spec").Child("accessModes"));
        }

        foreach (var (name, quantity) in obj.Status.Capacity)
        {
            Amount(quantity, FieldPath.Status.Child("capacity").Key(name), errors);
        }

        var statuses = FieldPath.Status.Child("allocatedResourceStatus");
        foreach (var (name, status) in obj.Status.AllocatedResourceStatuses)
        {
            Key(name, statuses, errors);
            if (!ResizeStatuses.Contains(status))
            {
                errors.NotSupportedInOrder(statuses, name, ResizeStatuses);
            }
        }

        var resources = FieldPath.Status.Child("allocatedResources");
        foreach (var (name, quantity) in obj.Status.AllocatedResources)
        {
            if (Key(name, resources, errors))
            {
                Amount(quantity, resources.Key(name), errors);
            }
        }
    }

    /// <summary>Of Kubernetes' own resources a claim has storage only.</summary>
    private static bool Key(string name, FieldPath path, FieldErrorList errors)
    {
        var faults = Formats.QualifiedName(name);
        errors.InvalidEach(path, name, faults);
        if (faults.Count == 0 && ResourceValidator.IsNative(name) && name != "storage")
        {
            errors.NotSupportedInOrder(path, name, "storage");
            return false;
        }

        return faults.Count == 0;
    }

    private static void Amount(Quantity quantity, FieldPath path, FieldErrorList errors)
    {
        if (quantity.Sign < 0)
        {
            // Upstream gives the bare number here.
            errors.Invalid(path, quantity.Value, "must be a valid resource quantity");
        }
    }
}
