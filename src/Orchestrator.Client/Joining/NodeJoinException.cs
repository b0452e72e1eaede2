namespace Orchestrator.Client;

/// <summary>A node cannot join, and trying again would not help.</summary>
public sealed class NodeJoinException(string message) : Exception(message);
