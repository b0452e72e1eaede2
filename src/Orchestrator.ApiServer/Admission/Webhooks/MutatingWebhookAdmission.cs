using Orchestrator.Api;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Lets webhooks change objects, one after the other.</summary>
internal sealed class MutatingWebhookAdmission(WebhookIndex index, WebhookSelection selection, WebhookClient client) : IMutatingAdmission
{
    public string Name => "MutatingAdmissionWebhook";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) => !WebhookSelection.IsExempt(resource);

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken) =>
        index.Mutating is { Length: > 0 } hooks ? CallAsync(hooks, attributes, cancellationToken) : default;

    private async ValueTask CallAsync(Webhook[] hooks, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var round = attributes.WebhookRound ??= new WebhookRound();
        foreach (var hook in hooks)
        {
            if ((attributes.IsReinvocation && !round.ToRepeat.Contains(hook.Id))
                || await selection.ChooseAsync(hook, attributes, cancellationToken) is not { } invocation)
            {
                continue;
            }

            var changed = false;
            try
            {
                changed = await CallAsync(invocation, attributes, cancellationToken);
            }
            catch (WebhookException failure)
            {
                if (!hook.FailsOpen)
                {
                    throw WebhookRequests.Failure(hook.Name, failure);
                }

                selection.Ignored(hook, failure);
            }

            if (changed && !attributes.IsReinvocation)
            {
                round.ObjectChanged();
                attributes.NeedsReinvocation = true;
            }

            if (hook.Repeats)
            {
                round.Seen.Add(hook.Id);
            }
        }
    }

    /// <returns>Whether the object changed.</returns>
    private async ValueTask<bool> CallAsync(WebhookInvocation invocation, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var hook = invocation.Hook;
        var response = await client.CallAsync(hook, "admit", WebhookRequests.Make(attributes, invocation), cancellationToken);
        attributes.Warnings.AddRange(response.Warnings);
        foreach (var (key, value) in response.AuditAnnotations)
        {
            attributes.AuditAnnotations[hook.Name + "/" + key] = value;
        }

        if (!response.Allowed)
        {
            throw WebhookRequests.Refusal(hook.Name, response.Status);
        }

        if (response.Patch is not { Length: > 0 } patch)
        {
            return false;
        }

        if (invocation.Object is not ApiObject current)
        {
            throw Errors.Internal($"admission webhook \"{hook.Name}\" attempted to modify the object, which is not supported for this operation");
        }

        ApiObject patched;
        try
        {
            patched = new ObjectPatch("Ignore", attributes.Warnings).ApplyJsonPatch(current, patch);
        }
        catch (ApiException e)
        {
            throw new WebhookException("failed to apply the webhook's patch: " + e.Message, e);
        }

        Defaulting.Apply(patched);
        if (patched.Equals(current))
        {
            return false;
        }

        await selection.Versions.TakeOverAsync(patched, attributes, invocation.Matched, cancellationToken);
        return true;
    }
}
