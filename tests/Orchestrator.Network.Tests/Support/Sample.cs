using Orchestrator.Network.Services;

namespace Orchestrator.Network.Tests.Support;

/// <summary>Short ways to say "a Service like this".</summary>
internal static class Sample
{
    public static ServiceInfo Service(string name, string @namespace = "default", params string[] clusterIPs) => new()
    {
        Key = new ServiceKey(@namespace, name),
        Kind = ServiceKind.ClusterIP,
        ClusterIPs = [.. clusterIPs],
        Ports = [new ServicePortInfo("http", TransportProtocol.Tcp, 80)],
    };

    public static ServiceInfo Headless(string name, string @namespace = "default") => Service(name, @namespace) with { Kind = ServiceKind.Headless };

    public static EndpointSliceInfo Slice(ServiceInfo service, params EndpointInfo[] endpoints) => new()
    {
        Service = service.Key,
        Name = $"{service.Key.Name}-1",
        Ports = [new EndpointPortInfo("http", TransportProtocol.Tcp, 8080)],
        Endpoints = [.. endpoints],
    };

    public static EndpointInfo Endpoint(string address, string node = "n1", bool ready = true) => new()
    {
        Address = address, NodeName = node, Ready = ready, Serving = ready, TargetUid = $"uid-{address}",
    };

    public static ServiceCatalog Catalog(string[] namespaces, params object[] objects)
    {
        var catalog = new ServiceCatalog();
        catalog.Replace(new CatalogContent(
            "", [.. namespaces], objects.OfType<ServiceInfo>().ToEquatableArray(), objects.OfType<EndpointSliceInfo>().ToEquatableArray()));
        return catalog;
    }
}
