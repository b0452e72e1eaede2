using Orchestrator.Api.Policy.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Policy;

internal sealed class PodDisruptionBudgetStatusStrategy : StatusStrategy<PodDisruptionBudget>
{
    protected override bool ComparesMetadataTwice => false;

    protected override bool ChecksFinalizers => false;

    protected override void Check(PodDisruptionBudget obj, PodDisruptionBudget old, FieldErrorList errors)
    {
        var (status, path) = (obj.Status, FieldPath.Status);
        ConditionValidator.Validate(status.Conditions, path.Child("conditions"), errors);
        errors.NonNegative(path, "disruptionsAllowed", status.DisruptionsAllowed);
        errors.NonNegative(path, "currentHealthy", status.CurrentHealthy);
        errors.NonNegative(path, "desiredHealthy", status.DesiredHealthy);
        errors.NonNegative(path, "expectedPods", status.ExpectedPods);
    }
}
