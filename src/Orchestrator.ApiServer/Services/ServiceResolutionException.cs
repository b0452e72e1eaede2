namespace Orchestrator.ApiServer.Services;

/// <summary>A service that requests should be sent to does not exist, or has nobody who would answer.</summary>
internal sealed class ServiceResolutionException(string message) : Exception(message);
