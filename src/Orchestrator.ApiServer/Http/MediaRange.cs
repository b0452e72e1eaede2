namespace Orchestrator.ApiServer.Http;

/// <summary>One entry of an Accept header: the media type in small letters, and its parameters but the quality.</summary>
internal sealed record MediaRange(string Type, IReadOnlyDictionary<string, string> Parameters);
