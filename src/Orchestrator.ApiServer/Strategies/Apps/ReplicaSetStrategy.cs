using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Apps;

namespace Orchestrator.ApiServer.Strategies.Apps;

internal sealed class ReplicaSetStrategy : ObjectStrategy<ReplicaSet>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (old is not null && old.Metadata.Generation == obj.Metadata.Generation)
        {
            // Warnings about what has been there all along help nobody.
            return;
        }

        PodWarnings.ForWorkloadName(obj.Metadata, old is null, context.Warnings);
        PodWarnings.ForTemplate(((ReplicaSet)obj).Spec.Template, FieldPath.Spec.Child("template"), ((ReplicaSet?)old)?.Spec.Template, context.Warnings);
    }

    protected override void Prepare(ReplicaSet obj, StrategyContext context) => DisabledFields.Drop(obj.Spec.Template.Spec);

    protected override void PrepareUpdate(ReplicaSet obj, ReplicaSet old, StrategyContext context) => DisabledFields.Drop(obj.Spec.Template.Spec);

    protected override void Check(ReplicaSet obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        errors.NonNegative(path, "replicas", spec.Replicas);
        errors.NonNegative(path, "minReadySeconds", spec.MinReadySeconds);
        if (WorkloadValidator.Selector(spec.Selector, "deployment", errors))
        {
            WorkloadValidator.Template(spec.Template, spec.Selector, "ReplicaSet", errors);
        }
    }

    protected override void CheckUpdate(ReplicaSet obj, ReplicaSet old, FieldErrorList errors)
    {
        // Upstream holds a changed object to the rules of a new one and then to the spec's again: each fault of the spec is two causes.
        Check(obj, errors);
        Check(obj, errors);
        errors.Immutable(FieldPath.Spec, "selector", obj.Spec.Selector, old.Spec.Selector);
    }
}
