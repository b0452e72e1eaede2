using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class NamespaceStatusStrategy : StatusStrategy<Namespace>
{
    protected override void Check(Namespace obj, Namespace old, FieldErrorList errors)
    {
        if (obj.Metadata.DeletionTimestamp is null)
        {
            if (obj.Status.Phase != "Active")
            {
                errors.Invalid(FieldPath.Status, "Phase", obj.Status.Phase, "may only be 'Active' if `deletionTimestamp` is empty");
            }
        }
        else if (obj.Status.Phase != "Terminating")
        {
            errors.Invalid(FieldPath.Status, "Phase", obj.Status.Phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
        }
    }
}
