using Orchestrator.Api.Coordination.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class LeaseStrategy : ObjectStrategy<Lease>
{
    protected override void Check(Lease obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        if (spec.LeaseDurationSeconds <= 0)
        {
            errors.Invalid(path, "leaseDurationSeconds", spec.LeaseDurationSeconds, "must be greater than 0");
        }

        errors.NonNegative(path, "leaseTransitions", spec.LeaseTransitions);
        if (spec.Strategy is { Length: > 0 } strategy && !strategy.Contains('/', StringComparison.Ordinal) && strategy != "OldestEmulationVersion")
        {
            errors.NotSupportedInOrder(path.Child("strategy"), strategy, "OldestEmulationVersion");
        }

        if (spec.PreferredHolder is { Length: > 0 } && spec.Strategy is null or "")
        {
            errors.Forbidden(path, "preferredHolder", "may only be specified if `strategy` is defined");
        }
    }
}
