namespace Orchestrator.Agent.Pods.Containers;

/// <summary>A container cannot be made from its definition as the cluster is now; trying again later may help.</summary>
internal sealed class ContainerConfigException(string message) : Exception(message);
