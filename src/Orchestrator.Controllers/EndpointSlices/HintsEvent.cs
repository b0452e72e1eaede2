namespace Orchestrator.Controllers.EndpointSlices;

/// <summary>What a Service is told about its hints.</summary>
internal sealed record HintsEvent(string Type, string Reason, string Message);
