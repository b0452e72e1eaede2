using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Defaults;

/// <summary>Webhooks and admission policies.</summary>
internal static class AdmissionDefaults
{
    public static void Validating(ValidatingWebhookConfiguration configuration)
    {
        foreach (var hook in configuration.Webhooks)
        {
            hook.Default(ValidatingWebhook.Fields.FailurePolicy, "Fail");
            hook.Default(ValidatingWebhook.Fields.MatchPolicy, "Equivalent");
            hook.Own<LabelSelector>(ValidatingWebhook.Fields.NamespaceSelector);
            hook.Own<LabelSelector>(ValidatingWebhook.Fields.ObjectSelector);
            hook.Default(ValidatingWebhook.Fields.TimeoutSeconds, 10);
            hook.ClientConfig.Service?.Default(ServiceReference.Fields.Port, 443);
            Scopes(hook.Rules);
        }
    }

    public static void Mutating(MutatingWebhookConfiguration configuration)
    {
        foreach (var hook in configuration.Webhooks)
        {
            hook.Default(MutatingWebhook.Fields.FailurePolicy, "Fail");
            hook.Default(MutatingWebhook.Fields.MatchPolicy, "Equivalent");
            hook.Own<LabelSelector>(MutatingWebhook.Fields.NamespaceSelector);
            hook.Own<LabelSelector>(MutatingWebhook.Fields.ObjectSelector);
            hook.Default(MutatingWebhook.Fields.TimeoutSeconds, 10);
            hook.Default(MutatingWebhook.Fields.ReinvocationPolicy, "Never");
            hook.ClientConfig.Service?.Default(ServiceReference.Fields.Port, 443);
            Scopes(hook.Rules);
        }
    }

    public static void Policy(ValidatingAdmissionPolicy policy)
    {
        var spec = policy.Own<ValidatingAdmissionPolicySpec>(ValidatingAdmissionPolicy.Fields.Spec);
        spec.Default(ValidatingAdmissionPolicySpec.Fields.FailurePolicy, "Fail");
        Match(spec.MatchConstraints);
    }

    public static void Policy(MutatingAdmissionPolicy policy)
    {
        var spec = policy.Own<MutatingAdmissionPolicySpec>(MutatingAdmissionPolicy.Fields.Spec);
        spec.Default(MutatingAdmissionPolicySpec.Fields.FailurePolicy, "Fail");
        Match(spec.MatchConstraints);
    }

    public static void Binding(ValidatingAdmissionPolicyBinding binding) => Match(binding.Spec.MatchResources);

    public static void Binding(MutatingAdmissionPolicyBinding binding) => Match(binding.Spec.MatchResources);

    private static void Match(MatchResources? match)
    {
        if (match is null)
        {
            return;
        }

        match.Default(MatchResources.Fields.MatchPolicy, "Equivalent");
        match.Own<LabelSelector>(MatchResources.Fields.NamespaceSelector);
        match.Own<LabelSelector>(MatchResources.Fields.ObjectSelector);
        foreach (var rule in match.ResourceRules)
        {
            rule.Default(NamedRuleWithOperations.Fields.Scope, "*");
        }

        foreach (var rule in match.ExcludeResourceRules)
        {
            rule.Default(NamedRuleWithOperations.Fields.Scope, "*");
        }
    }

    private static void Scopes(ApiList<RuleWithOperations> rules)
    {
        foreach (var rule in rules)
        {
            rule.Default(RuleWithOperations.Fields.Scope, "*");
        }
    }
}
