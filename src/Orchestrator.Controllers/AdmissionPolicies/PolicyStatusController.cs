using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.AdmissionPolicies;

/// <summary>Tells in the status of a ValidatingAdmissionPolicy where its expressions do not fit the kinds that it matches.</summary>
internal sealed class PolicyStatusController : QueueController
{
    private readonly IInformer<ValidatingAdmissionPolicy> _policies;
    private readonly IInformer<CustomResourceDefinition> _definitions;

    public PolicyStatusController(ControllerContext context)
        : base("validatingadmissionpolicy-status-controller", context, workers: 1)
    {
        _policies = context.Informers.Get<ValidatingAdmissionPolicy>();
        _definitions = context.Informers.Get<CustomResourceDefinition>();
        _policies.AddHandler(added: p => Queue.Add(p.Key), updated: (_, p) => Queue.Add(p.Key));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_policies.TryGet(key, out var policy) || policy.Metadata.Generation <= policy.Status.ObservedGeneration)
        {
            return ReconcileResult.Done;
        }

        await _definitions.WaitForSyncAsync(cancellationToken);
        var status = new ValidatingAdmissionPolicyStatus
        {
            ObservedGeneration = policy.Metadata.Generation,
            TypeChecking = new TypeChecking { ExpressionWarnings = PolicyTypeChecker.Check(policy, _definitions.List()) },
            Conditions = policy.Status.Conditions,
        };
        var updated = await Client.UpdateStatusAsync(policy with { Status = status }, cancellationToken);
        return updated.IsOk || updated.IsNotFound ? ReconcileResult.Done : updated.Error;
    }
}
