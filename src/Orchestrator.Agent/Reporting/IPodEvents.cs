namespace Orchestrator.Agent.Reporting;

/// <summary>Writes the node's Events. Never fails and never waits.</summary>
internal interface IPodEvents
{
    /// <summary>An event about a pod or, with a container's name, one of its containers.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="containerName">The container, or null for the pod itself.</param>
    /// <param name="type">Normal or Warning.</param>
    /// <param name="reason">Why, in one word.</param>
    /// <param name="message">What happened, for people.</param>
    void Emit(Pod pod, string? containerName, string type, string reason, string message);

    /// <summary>An event about the node.</summary>
    void EmitNode(string type, string reason, string message);
}
