using System.Net;
using System.Net.Sockets;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Dns.Zone;

/// <summary>Turns Services into the names of the Kubernetes DNS specification 1.1.0, and keeps the published snapshot up to date.</summary>
/// <remarks>One caller at a time; readers use <see cref="Snapshot"/> whenever they like.</remarks>
internal sealed class ClusterZone
{
    /// <summary>The specification fixes nothing here; a day's third suits a constant.</summary>
    private static readonly TimeSpan VersionTtl = TimeSpan.FromSeconds(28800);

    private readonly ClusterZoneOptions _options;
    private readonly byte[] _nameServer;
    private readonly Dictionary<ServiceKey, ServiceNames> _services = [];
    private readonly Dictionary<string, int> _servicesPerNamespace = new(StringComparer.Ordinal);
    private readonly Dictionary<IPAddress, SortedDictionary<string, ServiceKey>> _reverse = [];
    private HashSet<string> _namespaces = new(StringComparer.Ordinal);
    private volatile ZoneSnapshot _snapshot = ZoneSnapshot.Empty;

    public ClusterZone(ClusterZoneOptions options)
    {
        _options = options;
        Name = DnsName.Encode(options.Domain);
        _nameServer = DnsName.Encode($"ns.dns.{options.Domain}");
        _snapshot = _snapshot.With([.. StaticNodes().Select(node => new KeyValuePair<byte[], ZoneNode?>(node.Name, node))]);
    }

    /// <summary>The zone's own name in wire form.</summary>
    public byte[] Name { get; }

    public ZoneSnapshot Snapshot => _snapshot;

    /// <summary>Takes changes over and publishes one new snapshot.</summary>
    public void Apply(CatalogChange change)
    {
        var changes = new Dictionary<byte[], ZoneNode?>(ZoneSnapshot.NameComparer.Instance);
        var namespaces = new HashSet<string>(StringComparer.Ordinal);
        var addresses = new HashSet<IPAddress>();

        // 1. Names and reverse names of each changed Service: withdraw the old, then add the new.
        foreach (var (key, state) in change.Services)
        {
            if (_services.Remove(key, out var old))
            {
                foreach (var node in old.Nodes)
                {
                    changes[node.Name] = null;
                }

                foreach (var (address, target) in old.Reverse)
                {
                    _reverse[address].Remove(target);
                    addresses.Add(address);
                }

                _servicesPerNamespace[key.Namespace]--;
                namespaces.Add(key.Namespace);
            }

            if (state is null)
            {
                continue;
            }

            var names = NamesOf(state);
            _services[key] = names;
            foreach (var node in names.Nodes)
            {
                changes[node.Name] = node;
            }

            foreach (var (address, target) in names.Reverse)
            {
                if (!_reverse.TryGetValue(address, out var targets))
                {
                    _reverse[address] = targets = new SortedDictionary<string, ServiceKey>(StringComparer.Ordinal);
                }

                targets[target] = key;
                addresses.Add(address);
            }

            _servicesPerNamespace[key.Namespace] = _servicesPerNamespace.GetValueOrDefault(key.Namespace) + 1;
            namespaces.Add(key.Namespace);
        }

        // 2. Namespaces exist as names even when nothing is in them.
        if (change.Namespaces is { } all)
        {
            namespaces.UnionWith(_namespaces);
            namespaces.UnionWith(all);
            _namespaces = [.. all];
        }

        foreach (var name in namespaces)
        {
            var exists = _namespaces.Contains(name) || _servicesPerNamespace.GetValueOrDefault(name) > 0;
            foreach (var parent in (ReadOnlySpan<string>)["svc", "pod"])
            {
                if (DnsName.TryEncode($"{name}.{parent}.{_options.Domain}", out var encoded))
                {
                    changes[encoded] = exists ? new ZoneNode(encoded) : null;
                }
            }
        }

        // 3. Addresses, backwards; several Services may share one.
        foreach (var address in addresses)
        {
            var targets = _reverse[address];
            var name = DnsName.EncodeReverse(address);
            if (targets.Count == 0)
            {
                _reverse.Remove(address);
                changes[name] = null;
                continue;
            }

            changes[name] = new ZoneNode(name, RecordSet.Encode(
                name,
                RecordType.Ptr,
                _options.EndpointTtl,
                [.. targets.Keys.Select(target => new Action<DnsWriter>(writer => writer.WriteName(DnsName.Encode(target), compress: true)))]));
        }

        if (changes.Count > 0)
        {
            _snapshot = _snapshot.With(changes);
        }
    }

    private ServiceNames NamesOf(ServiceState state)
    {
        var service = state.Service;
        var text = $"{service.Key.Name}.{service.Key.Namespace}.svc.{_options.Domain}";

        // The API server lets no other names through; a name that is none must still not cost the others theirs.
        if (!DnsName.TryEncode(text, out var name))
        {
            return new ServiceNames([], []);
        }

        return service.Kind switch
        {
            ServiceKind.ExternalName => AliasNames(name, service.ExternalName),
            ServiceKind.Headless => HeadlessNames(text, name, state),
            _ => ClusterIPNames(text, name, state),
        };
    }

    private ServiceNames AliasNames(byte[] name, string target)
    {
        if (!DnsName.TryEncode(target, out var encoded))
        {
            return new ServiceNames([], []);
        }

        var set = RecordSet.Encode(name, RecordType.CName, _options.EndpointTtl, [writer => writer.WriteName(encoded, compress: true)]);
        return new ServiceNames([new ZoneNode(name, set) { AliasTarget = encoded }], []);
    }

    private ServiceNames ClusterIPNames(string text, byte[] name, ServiceState state)
    {
        var service = state.Service;
        var addresses = service.ClusterIPs.Select(IPAddress.Parse).ToArray();
        var targets = new List<SrvTarget> { new(name, addresses) };
        var ports = service.Ports.Select(port => (port.Name, port.Protocol, Port: port.Port, Targets: targets)).ToList();
        var nodes = new List<ZoneNode>();
        AddPortNodes(nodes, text, ports, _options.ServiceTtl);
        nodes.Add(new ZoneNode(name, [.. AddressSets(name, addresses, _options.ServiceTtl), .. ServiceSets(name, ports, _options.ServiceTtl)]));

        var reverse = addresses.Select(address => KeyValuePair.Create(address, text)).ToList();
        AddEndpointNodes(nodes, reverse, text, Published(state, addresses));
        return new ServiceNames(nodes, reverse);
    }

    private ServiceNames HeadlessNames(string text, byte[] name, ServiceState state)
    {
        var endpoints = Published(state, []);
        var nodes = new List<ZoneNode>();
        var reverse = new List<KeyValuePair<IPAddress, string>>();

        // Specification section 2.4.1: a headless Service without ready endpoints is no such name.
        if (endpoints.Count == 0)
        {
            return new ServiceNames(nodes, reverse);
        }

        var targetsPerPort = new Dictionary<(string Name, TransportProtocol Protocol, int Port), Dictionary<string, SrvTarget>>();
        foreach (var slice in state.Slices)
        {
            foreach (var endpoint in slice.Endpoints)
            {
                if (!IsPublished(state.Service, endpoint) || HostnameOf(endpoint) is not { } hostname
                    || !DnsName.TryEncode($"{hostname}.{text}", out var target))
                {
                    continue;
                }

                foreach (var port in slice.Ports)
                {
                    var id = (port.Name, port.Protocol, port.Port);
                    if (!targetsPerPort.TryGetValue(id, out var targets))
                    {
                        targetsPerPort[id] = targets = new Dictionary<string, SrvTarget>(StringComparer.Ordinal);
                    }

                    var address = IPAddress.Parse(endpoint.Address);
                    targets[hostname] = targets.TryGetValue(hostname, out var known)
                        ? known with { Addresses = [.. known.Addresses.Append(address).Distinct()] }
                        : new SrvTarget(target, [address]);
                }
            }
        }

        var ports = targetsPerPort.Select(pair => (pair.Key.Name, pair.Key.Protocol, pair.Key.Port, Targets: pair.Value.Values.ToList())).ToList();
        AddPortNodes(nodes, text, ports, _options.EndpointTtl);
        var addresses = endpoints.Values.SelectMany(hosts => hosts).Distinct().ToArray();
        nodes.Add(new ZoneNode(name, [.. AddressSets(name, addresses, _options.EndpointTtl), .. ServiceSets(name, ports, _options.EndpointTtl)]));
        AddEndpointNodes(nodes, reverse, text, endpoints);
        return new ServiceNames(nodes, reverse);
    }

    /// <summary>Hostname to addresses of the endpoints that have names.</summary>
    private static SortedDictionary<string, List<IPAddress>> Published(ServiceState state, IPAddress[] except)
    {
        var hosts = new SortedDictionary<string, List<IPAddress>>(StringComparer.Ordinal);
        foreach (var endpoint in state.Slices.SelectMany(slice => slice.Endpoints))
        {
            if (!IsPublished(state.Service, endpoint) || HostnameOf(endpoint) is not { } hostname)
            {
                continue;
            }

            var address = IPAddress.Parse(endpoint.Address);
            if (except.Contains(address))
            {
                continue;
            }

            if (!hosts.TryGetValue(hostname, out var addresses))
            {
                hosts[hostname] = addresses = [];
            }

            if (!addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        return hosts;
    }

    private static bool IsPublished(ServiceInfo service, EndpointInfo endpoint) => endpoint.Ready || service.PublishNotReadyAddresses;

    /// <summary>An endpoint without a hostname gets its address with dashes, which is unique and readable.</summary>
    private static string? HostnameOf(EndpointInfo endpoint)
    {
        if (!IPAddress.TryParse(endpoint.Address, out var address))
        {
            return null;
        }

        if (endpoint.Hostname.Length > 0)
        {
            return endpoint.Hostname.ToLowerInvariant();
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? endpoint.Address.Replace('.', '-')
            : endpoint.Address.Replace(':', '-');
    }

    private void AddEndpointNodes(
        List<ZoneNode> nodes,
        List<KeyValuePair<IPAddress, string>> reverse,
        string service,
        SortedDictionary<string, List<IPAddress>> endpoints)
    {
        foreach (var (hostname, addresses) in endpoints)
        {
            var text = $"{hostname}.{service}";
            if (!DnsName.TryEncode(text, out var name))
            {
                continue;
            }

            nodes.Add(new ZoneNode(name, [.. AddressSets(name, addresses, _options.EndpointTtl)]));
            reverse.AddRange(addresses.Select(address => KeyValuePair.Create(address, text)));
        }
    }

    private static void AddPortNodes(
        List<ZoneNode> nodes,
        string service,
        List<(string Name, TransportProtocol Protocol, int Port, List<SrvTarget> Targets)> ports,
        TimeSpan ttl)
    {
        var protocols = new HashSet<TransportProtocol>();
        foreach (var group in ports.Where(port => port.Name.Length > 0).GroupBy(port => (port.Name, port.Protocol)))
        {
            var keyword = group.Key.Protocol.Keyword();
            if (!DnsName.TryEncode($"_{group.Key.Name}._{keyword}.{service}", out var name))
            {
                continue;
            }

            nodes.Add(new ZoneNode(name, [.. ServiceSets(name, [.. group], ttl)]));
            if (protocols.Add(group.Key.Protocol))
            {
                nodes.Add(new ZoneNode(DnsName.Encode($"_{keyword}.{service}")));
            }
        }
    }

    private static IEnumerable<RecordSet> AddressSets(byte[] name, IReadOnlyCollection<IPAddress> addresses, TimeSpan ttl)
    {
        foreach (var (type, family) in (IEnumerable<(RecordType, AddressFamily)>)
            [(RecordType.A, AddressFamily.InterNetwork), (RecordType.Aaaa, AddressFamily.InterNetworkV6)])
        {
            var answers = addresses.Where(address => address.AddressFamily == family)
                .Select(address => new Action<DnsWriter>(writer => writer.WriteBytes(address.GetAddressBytes()))).ToList();
            if (answers.Count > 0)
            {
                yield return RecordSet.Encode(name, type, ttl, answers);
            }
        }
    }

    private static IEnumerable<RecordSet> ServiceSets(
        byte[] name,
        List<(string Name, TransportProtocol Protocol, int Port, List<SrvTarget> Targets)> ports,
        TimeSpan ttl)
    {
        var answers = new List<Action<DnsWriter>>();
        var additionals = new Dictionary<byte[], IPAddress[]>(ZoneSnapshot.NameComparer.Instance);
        var total = ports.Sum(port => port.Targets.Count);
        if (total == 0)
        {
            yield break;
        }

        // All are alike, so the weights share a hundred, as CoreDNS has it; a weight of zero would mean "hardly ever".
        var weight = (ushort)Math.Max(1, 100 / total);
        foreach (var port in ports)
        {
            foreach (var target in port.Targets)
            {
                answers.Add(writer =>
                {
                    writer.WriteUInt16(0);
                    writer.WriteUInt16(weight);
                    writer.WriteUInt16((ushort)port.Port);
                    writer.WriteName(target.Name, compress: false);
                });
                additionals[target.Name] = target.Addresses;
            }
        }

        yield return RecordSet.Encode(
            name,
            RecordType.Srv,
            ttl,
            answers,
            [.. additionals.SelectMany(pair => pair.Value.Select(address => new AddressRecord(pair.Key, address.GetAddressBytes())))]);
    }

    private IEnumerable<ZoneNode> StaticNodes()
    {
        var domain = _options.Domain;
        yield return new ZoneNode(Name, RecordSet.Encode(
            Name, RecordType.NS, _options.ServiceTtl, [writer => writer.WriteName(_nameServer, compress: true)], [new AddressRecord(_nameServer, _options.ServerAddress.GetAddressBytes())]));
        yield return new ZoneNode(DnsName.Encode($"svc.{domain}"));
        yield return new ZoneNode(DnsName.Encode($"pod.{domain}"));
        yield return new ZoneNode(DnsName.Encode($"dns.{domain}"));
        yield return new ZoneNode(_nameServer, [.. AddressSets(_nameServer, [_options.ServerAddress], _options.ServiceTtl)]);

        var version = DnsName.Encode($"dns-version.{domain}");
        yield return new ZoneNode(version, RecordSet.Encode(version, RecordType.Txt, VersionTtl, [writer =>
        {
            var text = "1.1.0"u8;
            writer.WriteBytes([(byte)text.Length]);
            writer.WriteBytes(text);
        }]));
    }

    private sealed record SrvTarget(byte[] Name, IPAddress[] Addresses);

    private sealed record ServiceNames(IReadOnlyList<ZoneNode> Nodes, IReadOnlyList<KeyValuePair<IPAddress, string>> Reverse);
}
