using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Which webhooks a request must pass, and whether it may be passed on to them at all.</summary>
public sealed partial class WebhookSelection(IObjectLister objects, IMatchConditionEvaluator? conditions, ILogger<WebhookSelection> logger)
{
    /// <summary>Nobody can lock the cluster's door from outside: webhooks are not asked about webhooks and policies.</summary>
    internal static bool IsExempt(ResourceInfo resource) => resource.Group == "admissionregistration.k8s.io";

    /// <summary>Whether a webhook is to be called.</summary>
    /// <exception cref="ApiException">It is, and cannot: a dry run that it does not support, or a condition that cannot be evaluated.</exception>
    internal bool MustCall(Webhook hook, AdmissionAttributes attributes)
    {
        if (!hook.Matches(attributes, LabelsOf))
        {
            return false;
        }

        if (hook.MatchConditions.Count > 0 && conditions is not null && !conditions.Matches(hook.MatchConditions, attributes, out var error))
        {
            if (error.Length == 0)
            {
                return false;
            }

            if (hook.FailsOpen)
            {
                LogConditionFailed(hook.Name, error);
                return false;
            }

            throw attributes.Forbidden(error);
        }

        if (attributes.DryRun && hook.SideEffects is not ("None" or "NoneOnDryRun"))
        {
            throw Errors.BadRequest($"admission webhook \"{hook.Name}\" does not support dry run");
        }

        return true;
    }

    /// <summary>A failure that the webhook's policy lets pass.</summary>
    internal void Ignored(Webhook hook, WebhookException failure) => LogIgnored(failure, hook.Name);

    private ApiMap<string>? LabelsOf(string ns) => objects.Get<Namespace>("", ns)?.Metadata.Labels;

    [LoggerMessage(3201, LogLevel.Warning, "Webhook {Webhook} failed and was passed over, as its failure policy says")]
    private partial void LogIgnored(Exception failure, string webhook);

    [LoggerMessage(3202, LogLevel.Warning, "Webhook {Webhook} was passed over, as its failure policy says: {Reason}")]
    private partial void LogConditionFailed(string webhook, string reason);
}
