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

    private readonly IPNetwork _range;
    private readonly uint _first;
    private readonly uint _count;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly HashSet<uint> _addresses = [];
    private readonly HashSet<int> _ports = [];

    public ServiceAddresses(IPNetwork range, IStore store, ObjectCodec codec, Random random)
    {
        _range = range;
        _first = ToNumber(range.BaseAddress);
        _count = 1u << (32 - range.PrefixLength);
        _random = random;
        foreach (var value in store.Snapshot("services"))
        {
            var service = (Service)codec.Stored(value);
            foreach (var ip in service.Spec.ClusterIPs)
            {
                if (TryOffset(ip, out var offset))
                {
                    _addresses.Add(offset);
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

            var why = !TryOffset(spec.ClusterIP, out var wanted) ? "the provided network does not match the current range"
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

        var address = ToAddress(reservation.TakeFreeAddress() ?? throw Errors.Internal($"failed to allocate a serviceIP: range is full"));
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
            if (TryOffset(ip, out var offset) && (service is null || !service.Spec.ClusterIPs.Contains(ip)))
            {
                reservation.FreeAddresses.Add(offset);
            }
        }

        var kept = service is null ? [] : PortsOf(service).ToHashSet();
        reservation.FreePorts.AddRange(PortsOf(before).Where(p => !kept.Contains(p)));
    }

    private bool CanAllocate()
    {
        lock (_gate)
        {
            return _addresses.Count < _count - 2;
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

    private bool TryOffset(string ip, out uint offset)
    {
        offset = 0;
        if (!IPAddress.TryParse(ip, out var address) || address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork || !_range.Contains(address))
        {
            return false;
        }

        offset = ToNumber(address) - _first;

        // The network's own address and its broadcast address are nobody's.
        return offset > 0 && offset < _count - 1;
    }

    private string ToAddress(uint offset)
    {
        var number = _first + offset;
        return new IPAddress([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]).ToString();
    }

    private static uint ToNumber(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3];
    }

    private sealed class Reservation(ServiceAddresses owner) : ICommitReservation
    {
        private readonly List<uint> _addresses = [];
        private readonly List<int> _ports = [];

        public List<uint> FreeAddresses { get; } = [];

        public List<int> FreePorts { get; } = [];

        public bool TryTakeAddress(uint offset)
        {
            lock (owner._gate)
            {
                if (!owner._addresses.Add(offset))
                {
                    return false;
                }

                _addresses.Add(offset);
                return true;
            }
        }

        /// <summary>A free address; the low part of the range is left for those who choose their own (KEP-3070).</summary>
        public uint? TakeFreeAddress()
        {
            var reserved = Math.Min(Math.Max(16, owner._count / 16), 256);
            lock (owner._gate)
            {
                return Pick(reserved, owner._count - 2) ?? Pick(1, reserved - 1);
            }

            uint? Pick(uint low, uint high)
            {
                if (high < low || high >= owner._count)
                {
                    return null;
                }

                var size = high - low + 1;
                var start = (uint)owner._random.NextInt64(size);
                for (uint i = 0; i < size; i++)
                {
                    var offset = low + ((start + i) % size);
                    if (owner._addresses.Add(offset))
                    {
                        _addresses.Add(offset);
                        return offset;
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
                foreach (var offset in committed ? FreeAddresses : _addresses)
                {
                    owner._addresses.Remove(offset);
                }

                foreach (var port in committed ? FreePorts : _ports)
                {
                    owner._ports.Remove(port);
                }
            }
        }
    }
}
