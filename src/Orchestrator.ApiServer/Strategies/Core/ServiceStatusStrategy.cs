using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Core;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ServiceStatusStrategy : StatusStrategy<Service>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var ingress = ((Service)obj).Status.LoadBalancer.Ingress;
        for (var i = 0; i < ingress.Count; i++)
        {
            AddressWarnings.Ip(ingress[i].Ip, FieldPath.Status.Child("loadBalancer").Child("ingress").Index(i), context.Warnings);
        }
    }

    protected override void Check(Service obj, Service old, FieldErrorList errors) =>
        LoadBalancerValidator.Validate(obj.Status.LoadBalancer.Ingress, obj.Spec.Type == "LoadBalancer", errors);
}
