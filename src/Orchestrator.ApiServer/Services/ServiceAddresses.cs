using System.Net;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Strategies.Core;
using Orchestrator.ApiServer.Validation;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Services;

/// <summary>
/// Gives Services their cluster addresses and node ports. What is in use is known from the stored Services: read once at start, kept in
/// step by the writes that pass through here.
/// </summary>
internal sealed class ServiceAddresses : ICommitHook
{
    private const int NodePortFirst = 30000;
    private const int NodePortLast = 32767;

    private readonly IStore _store;
    private readonly ObjectCodec _codec;
    private readonly ServiceRanges _ranges;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly HashSet<uint> _addresses = [];
    private readonly HashSet<int> _ports = [];

    public ServiceAddresses(ServiceRanges ranges, IStore store, ObjectCodec codec, Random random)
    {
        (_store, _codec) = (store, codec);
        _ranges = ranges;
        _random = random;
        foreach (var value in store.Snapshot("services"))
        {
            var service = (Service)codec.Stored(value);
            foreach (var ip in service.Spec.ClusterIPs)
            {
                if (ServiceRange.TryParse(ip, out var address))
                {
                    _addresses.Add(address);
                }
            }

            foreach (var port in PortsOf(service))
            {
                _ports.Add(port);
            }
        }
    }

    public ValueTask<ICommitReservation?> ReserveAsync(RequestScope scope, ApiObject? obj, ApiObject? old, CancellationToken cancellationToken)
    {
        if (scope.Subresource.Length > 0)
        {
            return new((ICommitReservation?)null);
        }

        var reservation = new Reservation(this);
        try
        {
            if (obj is Service service)
            {
                var before = old as Service;
                Addresses(scope, service, before, reservation);
                Ports(scope, service, before, reservation);
            }

            Free(obj as Service, old as Service, reservation);
            return new(reservation);
        }
        catch
        {
            reservation.Complete(false);
            throw;
        }
    }

    private void Addresses(RequestScope scope, Service service, Service? before, Reservation reservation)
    {
        if (service.Spec.Type == "ExternalName")
        {
            return;
        }

        var spec = service.Own<ServiceSpec>(Service.Fields.Spec);
        if (spec.ClusterIP.Length > 0 && spec.ClusterIPs.Count == 0)
        {
            spec.Set(ServiceSpec.Fields.ClusterIPs, (ApiList<string>)[spec.ClusterIP]);
        }

        if (spec.ClusterIP.Length == 0 && spec.ClusterIPs.Count > 0)
        {
            // Validation does not let it pass.
            return;
        }

        if (!(spec.ClusterIP == "None" && spec.Selector.Count == 0))
        {
            Families(scope, service);
        }

        var headless = spec.ClusterIP == "None";
        spec.Default(ServiceSpec.Fields.IpFamilyPolicy, headless && spec.Selector.Count == 0 ? "RequireDualStack" : "SingleStack");
        if (spec.IpFamilies.Count == 0)
        {
            var families = new List<string>();
            if (!headless && IPAddress.TryParse(spec.ClusterIP, out var given))
            {
                families.Add(given.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4");
            }
            else
            {
                families.Add("IPv4");
                if (headless && spec.Selector.Count == 0)
                {
                    families.Add("IPv6");
                }
            }

            spec.Set(ServiceSpec.Fields.IpFamilies, families.ToApiList());
        }

        if (headless)
        {
            return;
        }

        if (spec.ClusterIP.Length > 0)
        {
            if (before?.Spec.ClusterIP == spec.ClusterIP || !IPAddress.TryParse(spec.ClusterIP, out _))
            {
                // Nothing new, or nothing that validation lets pass.
                return;
            }

            var why = !ServiceRange.TryParse(spec.ClusterIP, out var wanted) || !_ranges.Ready.Any(r => r.Holds(wanted)) ? "the provided network does not match the current range"
                : scope.DryRun ? null // Nothing is taken, so nothing is asked: what a dry run wants may be another's now.
                : !reservation.TryTakeAddress(wanted) ? "provided IP is already allocated"
                : null;
            if (why is not null)
            {
                Refuse(scope, service, FieldPath.Spec.Child("clusterIPs"), spec.ClusterIPs, $"failed to allocate IP {spec.ClusterIP}: {why}");
            }

            return;
        }

        if (scope.DryRun && before is null && !CanAllocate())
        {
            return;
        }

        var address = ServiceRange.Format(reservation.TakeFreeAddress() ?? throw Errors.Internal($"failed to allocate a serviceIP: range is full"));
        spec.Set(ServiceSpec.Fields.ClusterIP, address);
        spec.Set(ServiceSpec.Fields.ClusterIPs, (ApiList<string>)[address]);
    }

    /// <summary>This cluster gives its Services addresses of one family.</summary>
    private static void Families(RequestScope scope, Service service)
    {
        if (service.Spec.IpFamilyPolicy == "RequireDualStack")
        {
            Refuse(scope, service, FieldPath.Spec.Child("ipFamilyPolicy"), "RequireDualStack", "this cluster is not configured for dual-stack services");
        }

        for (var i = 0; i < service.Spec.IpFamilies.Count; i++)
        {
            if (service.Spec.IpFamilies[i] == "IPv6")
            {
                Refuse(scope, service, FieldPath.Spec.Child("ipFamilies").Index(i), "IPv6", "not configured on this cluster");
            }
        }
    }

    private void Ports(RequestScope scope, Service service, Service? before, Reservation reservation)
    {
        var had = before is null ? [] : PortsOf(before).ToHashSet();
        if (ServiceRules.HasNodePorts(service.Spec))
        {
            var own = new Dictionary<int, string>();
            for (var i = 0; i < service.Spec.Ports.Count; i++)
            {
                var port = service.Spec.Ports[i];
                if (port.NodePort == 0)
                {
                    port.Set(ServicePort.Fields.NodePort, reservation.TakeFreePort() ?? throw Errors.Internal("failed to allocate a nodePort: range is full"));
                    continue;
                }

                // One number may serve two protocols of one service.
                if (own.TryGetValue(port.NodePort, out var protocol) && protocol != port.Protocol)
                {
                    continue;
                }

                own[port.NodePort] = port.Protocol;
                if (!had.Contains(port.NodePort))
                {
                    TakePort(scope, service, FieldPath.Spec.Child("ports").Index(i).Child("nodePort"), port.NodePort, reservation);
                }
            }
        }

        if (!ServiceRules.NeedsHealthCheck(service.Spec))
        {
            return;
        }

        var spec = service.Own<ServiceSpec>(Service.Fields.Spec);
        if (spec.HealthCheckNodePort == 0)
        {
            spec.Set(ServiceSpec.Fields.HealthCheckNodePort, reservation.TakeFreePort() ?? throw Errors.Internal("failed to allocate a nodePort: range is full"));
        }
        else if (!had.Contains(spec.HealthCheckNodePort))
        {
            TakePort(scope, service, FieldPath.Spec.Child("healthCheckNodePort"), spec.HealthCheckNodePort, reservation);
        }
    }

    private static void TakePort(RequestScope scope, Service service, FieldPath path, int port, Reservation reservation)
    {
        if (port is < NodePortFirst or > NodePortLast)
        {
            Refuse(scope, service, path, port, $"provided port is not in the valid range. The range of valid ports is {NodePortFirst}-{NodePortLast}");
        }

        if (!reservation.TryTakePort(port))
        {
            Refuse(scope, service, path, port, "provided port is already allocated");
        }
    }

    private static void Refuse(RequestScope scope, Service service, FieldPath path, object? value, string why)
    {
        var errors = new FieldErrorList();
        errors.Invalid(path, value, why);
        throw Errors.Invalid("", "Service", service.Metadata.Name.Length > 0 ? service.Metadata.Name : scope.Name, errors)!;
    }

    /// <summary>What the old service held and the new one does not is free once the write is done.</summary>
    private void Free(Service? service, Service? before, Reservation reservation)
    {
        if (before is null)
        {
            return;
        }

        foreach (var ip in before.Spec.ClusterIPs)
        {
            if (ServiceRange.TryParse(ip, out var address) && (service is null || !service.Spec.ClusterIPs.Contains(ip)))
            {
                reservation.FreeAddresses.Add(address);
            }
        }

        var kept = service is null ? [] : PortsOf(service).ToHashSet();
        reservation.FreePorts.AddRange(PortsOf(before).Where(p => !kept.Contains(p)));
    }

    private bool CanAllocate()
    {
        lock (_gate)
        {
            return _ranges.Ready.Any(r => r.Addresses.Any(a => !_addresses.Contains(a)));
        }
    }

    private static IEnumerable<int> PortsOf(Service service)
    {
        foreach (var port in service.Spec.Ports)
        {
            if (port.NodePort != 0)
            {
                yield return port.NodePort;
            }
        }

        if (service.Spec.HealthCheckNodePort != 0)
        {
            yield return service.Spec.HealthCheckNodePort;
        }
    }

    /// <summary>An address that somebody else's IPAddress object names is not ours to give. Those that this server made say only what it knows itself.</summary>
    private bool IsForeign(uint address) =>
        _store.Snapshot(AddressObjects.Collection).Find(ServiceRange.Format(address)) is { } value && !AddressObjects.IsManaged(_codec.Read(value));

    private sealed class Reservation(ServiceAddresses owner) : ICommitReservation
    {
        private readonly List<uint> _addresses = [];
        private readonly List<int> _ports = [];

        public List<uint> FreeAddresses { get; } = [];

        public List<int> FreePorts { get; } = [];

        public bool TryTakeAddress(uint address)
        {
            lock (owner._gate)
            {
                if (owner.IsForeign(address) || !owner._addresses.Add(address))
                {
                    return false;
                }

                _addresses.Add(address);
                return true;
            }
        }

        /// <summary>A free address of any ready range; the low part of a range is left for those who choose their own (KEP-3070).</summary>
        public uint? TakeFreeAddress()
        {
            lock (owner._gate)
            {
                foreach (var range in owner._ranges.Ready)
                {
                    // Of a range that is no larger than its reserved part, any.
                    if (range.Count > 2
                        && (Pick(range, range.Reserved, range.Count - 2) ?? Pick(range, 1, Math.Min(range.Reserved - 1, range.Count - 2))) is { } address)
                    {
                        return address;
                    }
                }
            }

            return null;

            uint? Pick(ServiceRange range, uint low, uint high)
            {
                if (high < low || high >= range.Count)
                {
                    return null;
                }

                var size = high - low + 1;
                var start = (uint)owner._random.NextInt64(size);
                for (uint i = 0; i < size; i++)
                {
                    var address = range.First + low + ((start + i) % size);
                    if (!owner._addresses.Contains(address) && !owner.IsForeign(address))
                    {
                        owner._addresses.Add(address);
                        _addresses.Add(address);
                        return address;
                    }
                }

                return null;
            }
        }

        public bool TryTakePort(int port)
        {
            lock (owner._gate)
            {
                if (!owner._ports.Add(port))
                {
                    return false;
                }

                _ports.Add(port);
                return true;
            }
        }

        public int? TakeFreePort()
        {
            const int Reserved = 86;
            const int Size = NodePortLast - NodePortFirst + 1;
            lock (owner._gate)
            {
                var start = owner._random.Next(Size - Reserved);
                for (var i = 0; i < Size; i++)
                {
                    // The low part of the range is for those who choose their own, and comes last.
                    var port = i < Size - Reserved ? NodePortFirst + Reserved + ((start + i) % (Size - Reserved)) : NodePortFirst + i - (Size - Reserved);
                    if (owner._ports.Add(port))
                    {
                        _ports.Add(port);
                        return port;
                    }
                }

                return null;
            }
        }

        public void Complete(bool committed)
        {
            lock (owner._gate)
            {
                foreach (var address in committed ? FreeAddresses : _addresses)
                {
                    owner._addresses.Remove(address);
                }

                foreach (var port in committed ? FreePorts : _ports)
                {
                    owner._ports.Remove(port);
                }
            }
        }
    }
}
