namespace Orchestrator.Network.PodNetwork;

/// <summary>How packets get from one node's pods to another's.</summary>
public enum PodNetworkMode
{
    /// <summary>By routes through the other node's address. Nodes must be neighbours on one network. The fastest.</summary>
    Routes,

    /// <summary>In VXLAN datagrams between the nodes' addresses, which works across routers; 50 bytes of each packet go to it.</summary>
    Vxlan,
}
