namespace Orchestrator.Network.Proxy;

/// <summary>
/// A way for datagrams: from a Service's address (empty for a node port) and port to an endpoint. The kernel remembers it
/// per client for as long as datagrams flow, so it must be told when the endpoint is gone.
/// </summary>
/// <param name="Address">Cluster, external or load balancer IP; empty for a node port, which is at every address of the node.</param>
/// <param name="Port">The Service's port or node port.</param>
/// <param name="Endpoint">The endpoint's address; empty for "nobody", which is remembered just the same.</param>
/// <param name="EndpointPort">The endpoint's port.</param>
internal readonly record struct UdpFlow(string Address, int Port, string Endpoint, int EndpointPort);
