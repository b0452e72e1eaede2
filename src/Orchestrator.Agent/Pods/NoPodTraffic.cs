namespace Orchestrator.Agent.Pods;

/// <summary>For nodes whose service proxy is another program: it learns from the API server, like everybody.</summary>
internal sealed class NoPodTraffic : IPodTraffic
{
    public Task WithdrawAsync(string podUid, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Forget(string podUid)
    {
        // Nothing was kept.
    }
}
