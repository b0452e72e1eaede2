using Orchestrator.Agent.Pods;
using Orchestrator.Network;

namespace Orchestrator.Hosting;

/// <summary>Lets the agent take a pod out of the service proxy's rules before it stops the pod.</summary>
internal sealed class NodePodTraffic(INodeNetwork network, TimeProvider time) : IPodTraffic
{
    /// <summary>The rules take milliseconds; a packet filter in trouble must not keep pods from ending.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task WithdrawAsync(string podUid, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await network.WithdrawAsync(podUid, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The proxy has logged what is wrong; from here on the API server's endpoints must do.
        }
    }

    public void Forget(string podUid) => network.Forget(podUid);
}
