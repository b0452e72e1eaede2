using Orchestrator.EndToEnd.Tests.Machine;

namespace Orchestrator.EndToEnd.Tests.Cluster;

/// <summary>
/// A test on the running cluster. At its end the namespaces that it made begin to go, and if it failed, its output gets what a person needs
/// to see why: the cluster's nodes, its pods and events, and the last lines of its log.
/// </summary>
public abstract class ClusterTest(RunningCluster cluster) : IAsyncDisposable
{
    private readonly List<TestNamespace> _namespaces = [];

    protected RunningCluster Cluster { get; } = cluster;

    /// <summary>Makes a namespace for this test.</summary>
    protected async Task<TestNamespace> NewNamespaceAsync(string name)
    {
        var space = await Cluster.NewNamespaceAsync(name);
        _namespaces.Add(space);
        return space;
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState is { Result: TestResult.Failed })
        {
            TestContext.Current.TestOutputHelper?.WriteLine(await Cluster.DescribeAsync(_namespaces));
        }

        foreach (var space in _namespaces)
        {
            await Cluster.ReleaseAsync(space);
        }

        GC.SuppressFinalize(this);
    }
}
