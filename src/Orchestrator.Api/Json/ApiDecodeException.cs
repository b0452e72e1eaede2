namespace Orchestrator.Api.Json;

/// <summary>An object that cannot be decoded: wrong types or broken text. The message is the one that upstream's decoder gives.</summary>
public sealed class ApiDecodeException(string message) : Exception(message);
