using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Machinery;

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
        var memory = attributes.WebhookMemory ??= new ReinvocationMemory();
        memory.Begin(attributes);
        for (var i = 0; i < hooks.Length; i++)
        {
            var hook = hooks[i];
            if (await selection.ChooseAsync(hook, attributes, cancellationToken) is not { } invocation || (attributes.IsReinvocation && !memory.ToRepeat.Contains(hook.Id)))
            {
                continue;
            }

            var notes = new WebhookNotes(hook, attributes, $"round_{(attributes.IsReinvocation ? 1 : 0)}_index_{i}");
            var changed = false;
            try
            {
                changed = await CallAsync(invocation, attributes, notes, cancellationToken);
            }
            catch (WebhookException failure)
            {
                if (!hook.FailsOpen)
                {
                    throw WebhookRequests.Failure(hook.Name, failure);
                }

                notes.FailedOpen();
                selection.Ignored(hook, failure);
            }
            finally
            {
                notes.Mutated(changed);
            }

            if (changed)
            {
                memory.ObjectChanged();
                attributes.NeedsReinvocation |= !attributes.IsReinvocation;
            }

            if (hook.Repeats)
            {
                memory.Seen.Add(hook.Id);
            }
        }

        memory.End(attributes);
    }

    /// <returns>Whether the object changed.</returns>
    private async ValueTask<bool> CallAsync(WebhookInvocation invocation, AdmissionAttributes attributes, WebhookNotes notes, CancellationToken cancellationToken)
    {
        var hook = invocation.Hook;
        WebhookRequests.CheckDryRun(hook, attributes);
        var response = await client.CallAsync(hook, "admit", WebhookRequests.Make(attributes, invocation), cancellationToken);
        attributes.Warnings.AddRange(response.Warnings);
        foreach (var (key, value) in response.AuditAnnotations)
        {
            attributes.Annotate(hook.Name + "/" + key, value);
        }

        if (!response.Allowed)
        {
            throw WebhookRequests.Refusal(hook.Name, response.Status);
        }

        if (response.Patch is not { Length: > 0 } patch || WebhookPatch.Decode(patch) is not { Count: > 0 } operations)
        {
            return false;
        }

        if (invocation.Object is not ApiObject current)
        {
            throw Errors.Internal($"admission webhook \"{hook.Name}\" attempted to modify the object, which is not supported for this operation");
        }

        if (response.PatchType != "JSONPatch")
        {
            throw new WebhookException($"unsupported patch type {GoText.Quote(response.PatchType ?? "")}");
        }

        var patched = WebhookPatch.Apply(operations, current);
        var changed = !patched.Equals(current);
        notes.Patched(operations);
        Defaulting.Apply(patched);
        if (!changed && patched.Equals(current))
        {
            return false;
        }

        await selection.Versions.TakeOverAsync(patched, attributes, invocation.Matched, cancellationToken);
        return changed;
    }
}
