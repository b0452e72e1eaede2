using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Admission.Webhooks;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Evaluates the conditions of webhooks. They are compiled once for each configuration, as long as it lives.</summary>
internal sealed class WebhookConditions(AuthorizerChain authorizers) : IMatchConditionEvaluator
{
    private readonly ConditionalWeakTable<ApiList<MatchCondition>, PolicyConditions> _compiled = [];

    public bool Matches(ApiList<MatchCondition> conditions, AdmissionAttributes attributes, WebhookInvocation invocation, out string error)
    {
        var compiled = _compiled.GetValue(conditions, static list =>
        {
            var compiler = new PolicyCompiler(hasParams: false);
            return new PolicyConditions([.. list.Select(c => compiler.Condition(c.Expression))]);
        });
        var activation = new PolicyActivation(
            attributes, invocation.Matched, invocation.Object, invocation.OldObject, ns: null, parameters: null, new PolicyAuthorizer(authorizers, attributes.User), variables: null);
        return compiled.Hold(activation, out error);
    }
}
