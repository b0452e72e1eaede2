using System.Text.Json;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Audit;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>What the audit log is told of one call of a mutating webhook.</summary>
/// <param name="hook">Who is called.</param>
/// <param name="attributes">About what.</param>
/// <param name="place">The round, and the webhook's place among all.</param>
internal sealed class WebhookNotes(Webhook hook, AdmissionAttributes attributes, string place)
{
    public void Mutated(bool changed) =>
        attributes.Annotate("mutation.webhook.admission.k8s.io/" + place, $"{{\"configuration\":{Text(hook.Configuration)},\"webhook\":{Text(hook.Name)},\"mutated\":{(changed ? "true" : "false")}}}");

    public void FailedOpen() => attributes.Annotate("failed-open.mutation.webhook.admission.k8s.io/" + place, hook.Name);

    /// <summary>The patch itself, where requests' bodies are recorded too.</summary>
    public void Patched(IApiList operations)
    {
        if (attributes.Audit is not { Verdict.Level: >= AuditLevel.Request })
        {
            return;
        }

        // Operations are written as Go writes maps, by their keys.
        var sorted = Enumerable.Range(0, operations.Count).Select(operations.ItemAt)
            .Select(static o => o is ApiMap<object?> map ? map.OrderBy(static e => e.Key, StringComparer.Ordinal).Aggregate(ApiMap<object?>.Empty, static (sorted, e) => sorted.With(e.Key, e.Value)) : o).ToApiList();
        attributes.Annotate(
            "patch.webhook.admission.k8s.io/" + place,
            $"{{\"configuration\":{Text(hook.Configuration)},\"webhook\":{Text(hook.Name)},\"patch\":{System.Text.Encoding.UTF8.GetString(ApiJson.WriteValueToArray(sorted))},\"patchType\":\"JSONPatch\"}}");
    }

    private static string Text(string value) => JsonSerializer.Serialize(value);
}
