using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>Services: their number, their node ports, and how many ask for a load balancer.</summary>
internal sealed class ServiceQuotaEvaluator : QuotaEvaluator
{
    public ServiceQuotaEvaluator()
        : base("", "services")
    {
    }

    public override bool Handles(AdmissionOperation operation, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0;

    public override bool Counts(string name) => base.Counts(name) || name is "services.nodeports" or "services.loadbalancers";

    public override ApiMap<Quantity> Usage(ApiObject obj)
    {
        var spec = ((Service)obj).Spec;
        var balanced = spec.Type == "LoadBalancer";
        var ports = spec.Type == "NodePort" || (balanced && spec.AllocateLoadBalancerNodePorts != false) ? spec.Ports.Count
            : balanced ? spec.Ports.Count(static p => p.NodePort != 0)
            : 0;
        return base.Usage(obj)
            .With("services.nodeports", Quantity.FromLong(ports))
            .With("services.loadbalancers", Quantity.FromLong(balanced ? 1 : 0));
    }
}
