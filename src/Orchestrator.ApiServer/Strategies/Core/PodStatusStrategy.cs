using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PodStatusStrategy() : StatusStrategy<Pod>(StatusMetadata.OwnerReferences)
{
    protected override void Prepare(Pod obj, Pod old, StrategyContext context)
    {
        if (obj.Status.QosClass.Length == 0 && old.Status.QosClass.Length > 0)
        {
            obj.Own<PodStatus>(Pod.Fields.Status).Set(PodStatus.Fields.QosClass, old.Status.QosClass);
        }
    }

    protected override void Check(Pod obj, Pod old, FieldErrorList errors) => PodStatusValidator.Validate(obj, old, errors);
}
