using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>A call that is to be made: whom, and with which objects.</summary>
/// <param name="Hook">Whom.</param>
/// <param name="Matched">The version of the request's resource that the webhook's rules name.</param>
/// <param name="Object">The request's object in that version.</param>
/// <param name="OldObject">The object before in that version.</param>
internal sealed record WebhookInvocation(Webhook Hook, ResourceInfo Matched, ApiStruct? Object, ApiStruct? OldObject);
