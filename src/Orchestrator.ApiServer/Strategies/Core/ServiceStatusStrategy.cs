using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Core;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ServiceStatusStrategy : StatusStrategy<Service>
{
    protected override void Check(Service obj, Service old, FieldErrorList errors) =>
        LoadBalancerValidator.Validate(obj.Status.LoadBalancer.Ingress, obj.Spec.Type == "LoadBalancer", errors);
}
