using Orchestrator.Api;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Lets webhooks judge objects, all at once.</summary>
internal sealed class ValidatingWebhookAdmission(WebhookIndex index, WebhookSelection selection, WebhookClient client) : IValidatingAdmission
{
    public string Name => "ValidatingAdmissionWebhook";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => !WebhookSelection.IsExempt(resource);

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        index.Validating is { Length: > 0 } hooks ? CallAsync(hooks, attributes, cancellationToken) : default;

    private async ValueTask CallAsync(Webhook[] hooks, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        // Whether all can be called is known before the first is.
        var invocations = new List<WebhookInvocation>();
        foreach (var hook in hooks)
        {
            if (await selection.ChooseAsync(hook, attributes, cancellationToken) is { } invocation)
            {
                invocations.Add(invocation);
            }
        }

        var calls = invocations.Select((invocation, i) => CallAsync(invocation, i, attributes, cancellationToken)).ToArray();

        // Of several refusals the first in order tells.
        ApiException? refusal = null;
        foreach (var (warnings, refused) in await Task.WhenAll(calls))
        {
            attributes.Warnings.AddRange(warnings);
            refusal ??= refused;
        }

        if (refusal is not null)
        {
            throw refusal;
        }
    }

    private async Task<(IReadOnlyList<string> Warnings, ApiException? Refusal)> CallAsync(WebhookInvocation invocation, int index, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var hook = invocation.Hook;
        try
        {
            WebhookRequests.CheckDryRun(hook, attributes);
            var response = await client.CallAsync(hook, "validating", WebhookRequests.Make(attributes, invocation), cancellationToken);
            foreach (var (key, value) in response.AuditAnnotations)
            {
                attributes.Annotate(hook.Name + "/" + key, value);
            }

            return (response.Warnings, response.Allowed ? null : WebhookRequests.Refusal(hook.Name, response.Status));
        }
        catch (ApiException unfit)
        {
            return ([], unfit);
        }
        catch (WebhookException failure) when (hook.FailsOpen)
        {
            attributes.Annotate($"failed-open.validating.webhook.admission.k8s.io/round_0_index_{index}", hook.Name);
            selection.Ignored(hook, failure);
            return ([], null);
        }
        catch (WebhookException failure)
        {
            return ([], WebhookRequests.Failure(hook.Name, failure));
        }
    }
}
