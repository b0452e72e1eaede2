namespace Orchestrator.ApiServer.Admission.Webhooks;

/// <summary>A webhook could not be called, or its answer could not be used. Whether that matters is for its failure policy.</summary>
internal sealed class WebhookException(string message, Exception? inner = null) : Exception(message, inner);
