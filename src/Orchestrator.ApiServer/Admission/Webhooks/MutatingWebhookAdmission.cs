using Orchestrator.Api;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>Lets webhooks change objects, one after the other.</summary>
public sealed class MutatingWebhookAdmission(WebhookIndex index, WebhookSelection selection, WebhookClient client) : IMutatingAdmission
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
            if ((attributes.IsReinvocation && !round.ToRepeat.Contains(hook.Id)) || !selection.MustCall(hook, attributes))
            {
                continue;
            }

            var changed = false;
            try
            {
                changed = await CallAsync(hook, attributes, cancellationToken);
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
    private async ValueTask<bool> CallAsync(Webhook hook, AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        var response = await client.CallAsync(hook, "admit", WebhookRequests.Make(attributes), cancellationToken);
        attributes.Warnings.AddRange(response.Warnings);
        foreach (var (key, value) in response.AuditAnnotations)
        {
            attributes.AuditAnnotations[hook.Name + "/" + key] = value;
        }

        if (!response.Allowed)
        {
            throw WebhookRequests.Refusal(hook.Name, response.Status);
        }

        if (response.Patch is not { Length: > 0 } patch || attributes.Object is not ApiObject current)
        {
            return false;
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

        // The pipeline holds the object itself, so it takes on what the patched one has.
        patched.Slots.CopyTo(current.Slots, 0);
        return true;
    }
}
