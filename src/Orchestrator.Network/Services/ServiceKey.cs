namespace Orchestrator.Network.Services;

/// <summary>A Service's identity in the cluster.</summary>
internal readonly record struct ServiceKey(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
