using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Core;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ServiceStrategy : ObjectStrategy<Service>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.DnsLabel;

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context) => ServiceWarnings.Add((Service)obj, context.Warnings);

    protected override void Prepare(Service obj, StrategyContext context) => ServiceRules.CompleteAddresses(obj, null);

    protected override void PrepareUpdate(Service obj, Service old, StrategyContext context)
    {
        ServiceRules.CompleteAddresses(obj, old);
        ServiceRules.CarryOver(obj, old);
        ServiceRules.DropForType(obj, old);
    }

    protected override void Check(Service obj, FieldErrorList errors) => ServiceValidator.Validate(obj, errors);

    protected override void CheckUpdate(Service obj, Service old, FieldErrorList errors) => ServiceValidator.ValidateUpdate(obj, old, errors);
}
