namespace Orchestrator.Api.Protobuf;

/// <summary>What a protobuf body says of itself, and the message in it.</summary>
/// <param name="ApiVersion">"" if it does not say.</param>
/// <param name="Kind">"" if it does not say.</param>
/// <param name="Raw">The object's own bytes.</param>
public readonly record struct Envelope(string ApiVersion, string Kind, ReadOnlyMemory<byte> Raw);
