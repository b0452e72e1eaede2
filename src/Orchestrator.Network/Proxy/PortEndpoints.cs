using Orchestrator.Network.Services;

namespace Orchestrator.Network.Proxy;

/// <summary>Which endpoints may get a Service port's traffic on this node.</summary>
/// <param name="Cluster">For traffic that may go to any node.</param>
/// <param name="Local">For traffic that has to stay on this node.</param>
/// <param name="Any">Whether the port has usable endpoints anywhere.</param>
internal sealed record PortEndpoints(IReadOnlyList<PortEndpoint> Cluster, IReadOnlyList<PortEndpoint> Local, bool Any)
{
    /// <summary>
    /// Chooses as upstream's proxies do: ready endpoints, narrowed by topology hints where all have them; if nobody is ready,
    /// those which are terminating but still serve, so that a rollout's last pod drains instead of refusing.
    /// </summary>
    public static PortEndpoints Choose(ServiceState state, ServicePortInfo port, ProxyOptions options)
    {
        var all = Gather(state, port);
        var usable = Usable(all);
        var local = Usable([.. all.Where(endpoint => endpoint.Endpoint.NodeName == options.NodeName)]);
        return new PortEndpoints(NarrowByHints(usable, options.NodeName, state.Zone), local, usable.Count > 0);
    }

    private static IReadOnlyList<PortEndpoint> Usable(IReadOnlyList<PortEndpoint> endpoints)
    {
        var ready = endpoints.Where(endpoint => endpoint.Endpoint.Ready).ToList();
        return ready.Count > 0
            ? ready
            : [.. endpoints.Where(endpoint => endpoint.Endpoint is { Serving: true, Terminating: true })];
    }

    /// <summary>An endpoint may be in two slices for a moment, when it is moved; the ready one counts.</summary>
    private static IReadOnlyList<PortEndpoint> Gather(ServiceState state, ServicePortInfo port)
    {
        var endpoints = new SortedDictionary<string, PortEndpoint>(StringComparer.Ordinal);
        foreach (var slice in state.Slices)
        {
            if (slice.IPv6)
            {
                continue;
            }

            foreach (var slicePort in slice.Ports)
            {
                if (slicePort.Name != port.Name || slicePort.Protocol != port.Protocol || slicePort.Port == 0)
                {
                    continue;
                }

                foreach (var endpoint in slice.Endpoints)
                {
                    var found = new PortEndpoint(
                        state.Service.PublishNotReadyAddresses && !endpoint.Terminating ? endpoint with { Ready = true } : endpoint, slicePort.Port);
                    if (!endpoints.TryGetValue(found.Target, out var known) || (!known.Endpoint.Ready && found.Endpoint.Ready))
                    {
                        endpoints[found.Target] = found;
                    }
                }
            }
        }

        return [.. endpoints.Values];
    }

    private static IReadOnlyList<PortEndpoint> NarrowByHints(IReadOnlyList<PortEndpoint> endpoints, string node, string zone)
    {
        // A hint that only some endpoints carry is one still being rolled out; following it would overload those.
        if (endpoints.Count > 0 && endpoints.All(endpoint => endpoint.Endpoint.ForNodes.Count > 0))
        {
            var here = endpoints.Where(endpoint => endpoint.Endpoint.ForNodes.Contains(node)).ToList();
            if (here.Count > 0)
            {
                return here;
            }
        }

        if (zone.Length > 0 && endpoints.Count > 0 && endpoints.All(endpoint => endpoint.Endpoint.ForZones.Count > 0))
        {
            var near = endpoints.Where(endpoint => endpoint.Endpoint.ForZones.Contains(zone)).ToList();
            if (near.Count > 0)
            {
                return near;
            }
        }

        return endpoints;
    }
}
