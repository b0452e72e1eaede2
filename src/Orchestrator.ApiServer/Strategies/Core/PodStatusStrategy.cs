using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class PodStatusStrategy() : StatusStrategy<Pod>(StatusMetadata.OwnerReferences)
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var status = ((Pod)obj).Status;
        for (var i = 0; i < status.PodIPs.Count; i++)
        {
            AddressWarnings.Ip(status.PodIPs[i].Ip, FieldPath.Status.Child("podIPs").Index(i).Child("ip"), context.Warnings);
        }

        for (var i = 0; i < status.HostIPs.Count; i++)
        {
            AddressWarnings.Ip(status.HostIPs[i].Ip, FieldPath.Status.Child("hostIPs").Index(i).Child("ip"), context.Warnings);
        }
    }

    protected override void Prepare(Pod obj, Pod old, StrategyContext context)
    {
        if (obj.Status.QosClass.Length == 0 && old.Status.QosClass.Length > 0)
        {
            obj.Own<PodStatus>(Pod.Fields.Status).Set(PodStatus.Fields.QosClass, old.Status.QosClass);
        }
    }

    protected override void Check(Pod obj, Pod old, FieldErrorList errors) => PodStatusValidator.Validate(obj, old, errors);
}
