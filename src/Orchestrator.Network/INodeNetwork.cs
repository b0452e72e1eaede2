namespace Orchestrator.Network;

/// <summary>What the agent needs of the node's network.</summary>
public interface INodeNetwork
{
    /// <summary>Completes once pods can be connected: the CNI configuration is written. A node is not Ready before.</summary>
    Task PodNetworkReady { get; }

    /// <summary>
    /// Sends nobody new to a pod from now on, on this node. To be called before a pod's containers are told to stop: the API server's
    /// EndpointSlices follow later, and by then clients would have met a closed port.
    /// </summary>
    /// <returns>A task that ends when the kernel knows, which takes milliseconds; at once if no Service leads to the pod.</returns>
    Task WithdrawAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Forgets a withdrawn pod whose containers are all gone.</summary>
    void Forget(string podUid);
}
