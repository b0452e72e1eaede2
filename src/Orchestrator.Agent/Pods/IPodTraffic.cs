namespace Orchestrator.Agent.Pods;

/// <summary>Who sends clients to this node's pods; the node's service proxy, where the node runs one in the agent's process.</summary>
public interface IPodTraffic
{
    /// <summary>
    /// Sends nobody new to a pod from now on. Called before its containers hear of their end, since the API server's endpoints follow only
    /// later, and a client sent in between would meet a closed port. Must return soon, whatever happens: the pod's end waits for it.
    /// </summary>
    Task WithdrawAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Forgets a pod of which nothing is left.</summary>
    void Forget(string podUid);
}
