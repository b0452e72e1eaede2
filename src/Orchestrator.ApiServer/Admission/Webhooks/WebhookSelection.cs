using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Which webhooks a request must pass, and whether it may be passed on to them at all.</summary>
internal sealed partial class WebhookSelection(
    IObjectLister objects, EquivalentVersions versions, IMatchConditionEvaluator? conditions, ILogger<WebhookSelection> logger)
{
    /// <summary>Nobody can lock the cluster's door from outside: webhooks are not asked about webhooks and policies.</summary>
    public static bool IsExempt(ResourceInfo resource) => resource.Group == "admissionregistration.k8s.io";

    /// <summary>Objects of requests in the versions that rules name.</summary>
    public EquivalentVersions Versions => versions;

    /// <summary>The call of a webhook that is to be made; null if it is not concerned.</summary>
    /// <exception cref="ApiException">A condition cannot be evaluated.</exception>
    public async ValueTask<WebhookInvocation?> ChooseAsync(Webhook hook, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (hook.Match(attributes, LabelsOf, versions.Of) is not { } matched)
        {
            return null;
        }

        var (obj, old) = await versions.ConvertAsync(attributes, matched, cancellationToken);
        var invocation = new WebhookInvocation(hook, matched, obj, old);
        if (hook.MatchConditions.Count > 0 && conditions is not null && !conditions.Matches(hook.MatchConditions, attributes, invocation, out var error))
        {
            if (error.Length == 0)
            {
                return null;
            }

            if (hook.FailsOpen)
            {
                LogConditionFailed(hook.Name, error);
                return null;
            }

            throw attributes.Forbidden(error);
        }

        return invocation;
    }

    /// <summary>A failure that the webhook's policy lets pass.</summary>
    public void Ignored(Webhook hook, WebhookException failure) => LogIgnored(failure, hook.Name);

    private ApiMap<string>? LabelsOf(string ns) => objects.Get<Namespace>("", ns)?.Metadata.Labels;

    [LoggerMessage(3201, LogLevel.Warning, "Webhook {Webhook} failed and was passed over, as its failure policy says")]
    private partial void LogIgnored(Exception failure, string webhook);

    [LoggerMessage(3202, LogLevel.Warning, "Webhook {Webhook} was passed over, as its failure policy says: {Reason}")]
    private partial void LogConditionFailed(string webhook, string reason);
}
