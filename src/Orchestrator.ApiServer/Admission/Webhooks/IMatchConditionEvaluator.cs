using Orchestrator.Api;
using Orchestrator.Api.AdmissionRegistration.V1;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Evaluates the CEL conditions of webhooks.</summary>
internal interface IMatchConditionEvaluator
{
    /// <summary>
    /// Whether all conditions hold; false as soon as one does not. <paramref name="error"/> tells what could not be evaluated ("" if all could);
    /// a false condition wins over an error.
    /// </summary>
    bool Matches(ApiList<MatchCondition> conditions, AdmissionAttributes attributes, WebhookInvocation invocation, out string error);
}
