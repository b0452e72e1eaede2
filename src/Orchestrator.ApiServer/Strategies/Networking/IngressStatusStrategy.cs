using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.Api;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Core;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class IngressStatusStrategy : StatusStrategy<Ingress>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var ingress = ((Ingress)obj).Status.LoadBalancer.Ingress;
        for (var i = 0; i < ingress.Count; i++)
        {
            AddressWarnings.Ip(ingress[i].Ip, FieldPath.Status.Child("loadBalancer").Child("ingress").Index(i).Child("ip"), context.Warnings);
        }
    }

    protected override void Check(Ingress obj, Ingress old, FieldErrorList errors)
    {
        var ingress = obj.Status.LoadBalancer.Ingress;
        for (var i = 0; i < ingress.Count; i++)
        {
            var path = FieldPath.Status.Child("loadBalancer").Child("ingress").Index(i);
            if (ingress[i].Ip.Length > 0)
            {
                errors.InvalidEach(path, "ip", ingress[i].Ip, IpFormats.Ip(ingress[i].Ip));
            }

            LoadBalancerValidator.Hostname(ingress[i].Hostname, path, errors);
        }
    }
}
