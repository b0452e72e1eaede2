namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>A namespace that is deleted with all its content at the end of a test.</summary>
public sealed class TestNamespace(string name, Kubectl kubectl) : IAsyncDisposable
{
    public string Name { get; } = name;

    /// <summary>Works in this namespace.</summary>
    public Kubectl Kubectl { get; } = kubectl;

    /// <summary>HTTP servers behind a Service, all ready.</summary>
    public async Task<WebService> DeployWebAsync(string name, int replicas, string page = "version 1")
    {
        await Kubectl.ApplyAsync(WebService.Manifest(name, replicas, page));
        await Kubectl.DoAsync("rollout", "status", "deployment/" + name, "--timeout=60s");
        return new(name, await Kubectl.PathAsync("service/" + name, "{.spec.clusterIP}"));
    }

    public async ValueTask DisposeAsync() => await Kubectl.DoAsync("delete", "namespace", Name, "--timeout=90s");
}
