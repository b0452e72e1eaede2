using Orchestrator.Api.Coordination.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class LeaseStrategy : ObjectStrategy<Lease>
{
    protected override bool ChecksFinalizers => false;

    protected override void Prepare(Lease obj, StrategyContext context) => DropDisabled(obj);

    protected override void PrepareUpdate(Lease obj, Lease old, StrategyContext context) => DropDisabled(obj);

    protected override void Check(Lease obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        if (spec.LeaseDurationSeconds <= 0)
        {
            errors.Invalid(path, "leaseDurationSeconds", spec.LeaseDurationSeconds, "must be greater than 0");
        }

        errors.NonNegative(path, "leaseTransitions", spec.LeaseTransitions);
    }

    /// <summary>Fields of the gate CoordinatedLeaderElection, which is off.</summary>
    private static void DropDisabled(Lease lease)
    {
        if (lease.Spec.Strategy is not null || lease.Spec.PreferredHolder is not null)
        {
            var spec = lease.Own<LeaseSpec>(Lease.Fields.Spec);
            spec.Set(LeaseSpec.Fields.Strategy, null);
            spec.Set(LeaseSpec.Fields.PreferredHolder, null);
        }
    }
}
