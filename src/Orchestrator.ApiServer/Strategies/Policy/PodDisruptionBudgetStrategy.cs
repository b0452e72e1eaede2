using Orchestrator.Api;
using Orchestrator.Api.Policy.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Policy;

internal sealed class PodDisruptionBudgetStrategy : ObjectStrategy<PodDisruptionBudget>
{
    // Upstream never looked at the names of budgets beyond what a path needs.
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override bool ChecksFinalizers => false;

    protected override void Check(PodDisruptionBudget obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        if (spec is { MinAvailable: not null, MaxUnavailable: not null })
        {
            errors.Invalid(path, new InternalValue(spec), "minAvailable and maxUnavailable cannot be both set");
        }

        Count(spec.MinAvailable, "minAvailable");
        Count(spec.MaxUnavailable, "maxUnavailable");
        SelectorValidator.Validate(spec.Selector, path.Child("selector"), errors);
        if (spec.UnhealthyPodEvictionPolicy is { } policy)
        {
            errors.OneOf(path, "unhealthyPodEvictionPolicy", policy, "AlwaysAllow", "IfHealthyBudget");
        }

        void Count(IntOrString? value, string field)
        {
            if (value is { } given)
            {
                WorkloadValidator.CountOrPercent(given, path, field, errors);
                WorkloadValidator.NotAboveHundredPercent(given, path, field, errors);
            }
        }
    }
}
