namespace Orchestrator.Agent.Pods.Containers;

/// <summary>How the start of a container went.</summary>
/// <param name="Reason">Null for success, else the waiting reason.</param>
/// <param name="Message">The waiting message.</param>
/// <param name="RetryAfter">When to try again; null to wait for an event.</param>
internal readonly record struct StartResult(string? Reason, string Message, TimeSpan? RetryAfter)
{
    public static readonly StartResult Started;
}
