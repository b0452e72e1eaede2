using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>All policies with their bindings, in order of their names, kept from the store's changes. A policy is compiled when it is needed first.</summary>
public sealed class PolicyIndex : IObjectView
{
    // Only the writer's; readers take the arrays.
    private readonly PolicyTable _validating = new();
    private readonly PolicyTable _mutating = new();

    public IReadOnlyList<ResourceInfo> Resources { get; } =
        [ValidatingAdmissionPolicy.Resource, ValidatingAdmissionPolicyBinding.Resource, MutatingAdmissionPolicy.Resource, MutatingAdmissionPolicyBinding.Resource];

    /// <summary>The validating policies that have bindings.</summary>
    internal BoundPolicy[] Validating => _validating.Bound;

    /// <summary>The mutating policies that have bindings.</summary>
    internal BoundPolicy[] Mutating => _mutating.Bound;

    public void Put(ApiObject obj)
    {
        switch (obj)
        {
            case ValidatingAdmissionPolicy policy:
                _validating.Put(obj.Metadata.Name, () => CompiledPolicy.From(policy));
                break;
            case ValidatingAdmissionPolicyBinding binding:
                _validating.Put(PolicyBinding.From(binding));
                break;
            case MutatingAdmissionPolicy policy:
                _mutating.Put(obj.Metadata.Name, () => CompiledPolicy.From(policy));
                break;
            case MutatingAdmissionPolicyBinding binding:
                _mutating.Put(PolicyBinding.From(binding));
                break;
        }
    }

    public void Remove(ApiObject obj)
    {
        switch (obj)
        {
            case ValidatingAdmissionPolicy:
                _validating.RemovePolicy(obj.Metadata.Name);
                break;
            case ValidatingAdmissionPolicyBinding:
                _validating.RemoveBinding(obj.Metadata.Name);
                break;
            case MutatingAdmissionPolicy:
                _mutating.RemovePolicy(obj.Metadata.Name);
                break;
            case MutatingAdmissionPolicyBinding:
                _mutating.RemoveBinding(obj.Metadata.Name);
                break;
        }
    }
}
