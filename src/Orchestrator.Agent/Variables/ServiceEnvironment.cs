using System.Globalization;

namespace Orchestrator.Agent.Variables;

/// <summary>The variables by which containers find services.</summary>
internal static class ServiceEnvironment
{
    private const string MasterNamespace = "default";
    private const string MasterName = "kubernetes";

    /// <summary>The variables for a namespace: its services, if links are on, and the API server's always.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(IEnumerable<Service> services, string @namespace, bool links)
    {
        var chosen = new SortedDictionary<string, Service>(StringComparer.Ordinal);
        foreach (var service in services.Where(s => s.Spec.ClusterIP is not ("" or "None")))
        {
            var name = service.Metadata.Name;
            if (service.Metadata.Namespace == @namespace && links)
            {
                chosen[name] = service;
            }
            else if (service.Metadata.Namespace == MasterNamespace && name == MasterName)
            {
                chosen.TryAdd(name, service);
            }
        }

        return chosen.Values.SelectMany(Of);
    }

    private static IEnumerable<KeyValuePair<string, string>> Of(Service service)
    {
        var prefix = service.Metadata.Name.ToUpperInvariant().Replace('-', '_');
        var address = service.Spec.ClusterIP;
        if (service.Spec.Ports.Count == 0)
        {
            yield break;
        }

        yield return new($"{prefix}_SERVICE_HOST", address);
        yield return new($"{prefix}_SERVICE_PORT", Text(service.Spec.Ports[0].Port));
        foreach (var port in service.Spec.Ports.Where(p => p.Name.Length > 0))
        {
            yield return new($"{prefix}_SERVICE_PORT_{port.Name.ToUpperInvariant().Replace('-', '_')}", Text(port.Port));
        }

        var first = true;
        foreach (var port in service.Spec.Ports)
        {
            var protocol = port.Protocol.Length > 0 ? port.Protocol : "TCP";
            var lower = protocol.ToLowerInvariant();
            var host = address.Contains(':') ? $"[{address}]" : address;
            var url = $"{lower}://{host}:{Text(port.Port)}";
            if (first)
            {
                yield return new($"{prefix}_PORT", url);
                first = false;
            }

            var portPrefix = $"{prefix}_PORT_{Text(port.Port)}_{protocol.ToUpperInvariant()}";
            yield return new(portPrefix, url);
            yield return new(portPrefix + "_PROTO", lower);
            yield return new(portPrefix + "_PORT", Text(port.Port));
            yield return new(portPrefix + "_ADDR", address);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
