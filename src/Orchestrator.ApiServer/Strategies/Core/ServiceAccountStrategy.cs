using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class ServiceAccountStrategy : ObjectStrategy<ServiceAccount>
{
    private const string EnforceMountable = "kubernetes.io/enforce-mountable-secrets";

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        if (obj.Metadata.Annotations.GetValueOrDefault(EnforceMountable) is { } value && old?.Metadata.Annotations.GetValueOrDefault(EnforceMountable) != value)
        {
            context.Warnings.Add($"metadata.annotations[{EnforceMountable}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets");
        }
    }

    protected override void Prepare(ServiceAccount obj, StrategyContext context) => CleanSecrets(obj);

    protected override void PrepareUpdate(ServiceAccount obj, ServiceAccount old, StrategyContext context) => CleanSecrets(obj);

    private static void CleanSecrets(ServiceAccount account)
    {
        if (account.Secrets.Count > 0)
        {
            account.Set(ServiceAccount.Fields.Secrets, account.Secrets.Select(static s => new ObjectReference { Name = s.Name }).ToApiList());
        }
    }
}
