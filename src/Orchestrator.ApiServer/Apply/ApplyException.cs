namespace Orchestrator.ApiServer.Apply;

/// <summary>An object that server-side apply cannot make sense of; the message says where and why.</summary>
internal sealed class ApplyException(string message) : Exception(message);
