using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>A binding of either kind, ready to be matched.</summary>
internal sealed class PolicyBinding
{
    private PolicyBinding(string name, string policyName, ParamRef? parameters, MatchResources? match)
    {
        (Name, PolicyName, Parameters) = (name, policyName, parameters);
        Match = match is null ? null : new MatchRules(match);
    }

    public string Name { get; }

    public string PolicyName { get; }

    public ParamRef? Parameters { get; }

    /// <summary>Null matches all that the policy does.</summary>
    public MatchRules? Match { get; }

    /// <summary>Deny, Warn and Audit.</summary>
    public ApiList<string> Actions { get; private init; } = [];

    public static PolicyBinding From(ValidatingAdmissionPolicyBinding binding) =>
        new(binding.Metadata.Name, binding.Spec.PolicyName, binding.Spec.ParamRef, binding.Spec.MatchResources) { Actions = binding.Spec.ValidationActions };

    public static PolicyBinding From(MutatingAdmissionPolicyBinding binding) =>
        new(binding.Metadata.Name, binding.Spec.PolicyName, binding.Spec.ParamRef, binding.Spec.MatchResources);
}
