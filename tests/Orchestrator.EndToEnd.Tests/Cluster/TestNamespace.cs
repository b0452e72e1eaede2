namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>A namespace of a test.</summary>
public sealed class TestNamespace(string name, Kubectl kubectl)
{
    public string Name { get; } = name;

    /// <summary>Works in this namespace.</summary>
    public Kubectl Kubectl { get; } = kubectl;

    /// <summary>HTTP servers behind a Service, all ready.</summary>
    /// <param name="name">Of both, and the value of their label <c>app</c>.</param>
    /// <param name="replicas">How many.</param>
    /// <param name="drains">Whether a server that is to end answers for two more seconds, as one must whose clients may not notice.</param>
    public async Task<WebService> DeployWebAsync(string name, int replicas, bool drains = false)
    {
        await Kubectl.ApplyAsync(WebService.Manifest(name, replicas, drains));
        await Kubectl.DoAsync("rollout", "status", "deployment/" + name, "--timeout=120s");
        return new(name, await Kubectl.PathAsync("service/" + name, "{.spec.clusterIP}"));
    }
}
