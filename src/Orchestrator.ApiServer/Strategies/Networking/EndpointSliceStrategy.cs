using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.Api;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class EndpointSliceStrategy : ObjectStrategy<EndpointSlice>
{
    private const int EndpointsMax = 1000;
    private const int AddressesMax = 100;
    private const int PortsMax = 20000;
    private const int HintsMax = 8;
    private const string HostnameLabel = "kubernetes.io/hostname";

    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var slice = (EndpointSlice)obj;
        if (old is null && slice.AddressType == "FQDN")
        {
            context.Warnings.Add("spec.addressType: FQDN endpoints are deprecated");
        }

        // The controllers mend what they write.
        if (slice.AddressType != "IPv6" || obj.Metadata.Labels.GetValueOrDefault("endpointslice.kubernetes.io/managed-by")
            is "endpointslice-controller.k8s.io" or "endpointslicemirroring-controller.k8s.io")
        {
            return;
        }

        for (var i = 0; i < slice.Endpoints.Count; i++)
        {
            for (var j = 0; j < slice.Endpoints[i].Addresses.Count; j++)
            {
                AddressWarnings.Ip(slice.Endpoints[i].Addresses[j], FieldPath.Root("endpoints").Index(i).Child("addresses").Index(j), context.Warnings);
            }
        }
    }

    protected override void Prepare(EndpointSlice obj, StrategyContext context) => DropTopology(obj, null);

    // What is dropped has counted as a change all the same.
    protected override void PrepareUpdate(EndpointSlice obj, EndpointSlice old, StrategyContext context)
    {
        if (!Semantic.Equal(obj.Endpoints, old.Endpoints))
        {
            DropTopology(obj, old);
        }
    }

    protected override bool IsNewGeneration(EndpointSlice obj, EndpointSlice old) =>
        !Semantic.Equal(obj.Endpoints, old.Endpoints) || !Semantic.Equal(obj.Ports, old.Ports) || obj.AddressType != old.AddressType
        || !Semantic.Equal(obj.Metadata.Slots[ObjectMeta.Fields.Labels], old.Metadata.Slots[ObjectMeta.Fields.Labels]);

    protected override void Check(EndpointSlice obj, FieldErrorList errors)
    {
        errors.RequiredOneOf(null, "addressType", obj.AddressType, "FQDN", "IPv4", "IPv6");
        if (obj.Endpoints.Count > EndpointsMax)
        {
            errors.TooMany(FieldPath.Root("endpoints"), obj.Endpoints.Count, EndpointsMax);
        }

        for (var i = 0; i < obj.Endpoints.Count && obj.Endpoints.Count <= EndpointsMax; i++)
        {
            Endpoint(obj.Endpoints[i], obj.AddressType, i, errors);
        }

        Ports(obj.Ports, errors);
    }

    protected override void CheckUpdate(EndpointSlice obj, EndpointSlice old, FieldErrorList errors)
    {
        Check(obj, errors);
        errors.Immutable(null, "addressType", obj.AddressType, old.AddressType);
    }

    private static void Endpoint(Endpoint endpoint, string type, int index, FieldErrorList errors)
    {
        var path = FieldPath.Root("endpoints").Index(index);
        if (endpoint.Addresses.Count == 0)
        {
            errors.Missing(path, "addresses", "must contain at least 1 address");
        }
        else if (endpoint.Addresses.Count > AddressesMax)
        {
            errors.TooMany(path.Child("addresses"), endpoint.Addresses.Count, AddressesMax);
        }

        for (var i = 0; i < endpoint.Addresses.Count && endpoint.Addresses.Count <= AddressesMax; i++)
        {
            Address(endpoint.Addresses[i], type, path, i, errors);
        }

        if (endpoint.NodeName is { } node)
        {
            errors.InvalidEach(path, "nodeName", node, Formats.DnsSubdomain(node));
        }

        if (endpoint.Hostname is { } hostname)
        {
            errors.InvalidEach(path, "hostname", hostname, Formats.DnsLabel(hostname));
        }

        if (endpoint.Hints is { } hints)
        {
            // Too many zones are all that is told of hints.
            Hints(hints.ForZones.Select(static z => z.Name).ToArray(), path.Child("hints").Child("forZones"), errors, Formats.LabelValue);
            if (hints.ForZones.Count > HintsMax)
            {
                return;
            }

            Hints(hints.ForNodes.Select(static n => n.Name).ToArray(), path.Child("hints").Child("forNodes"), errors, Formats.DnsSubdomain);
        }
    }

    private static void Address(string address, string type, FieldPath endpoint, int index, FieldErrorList errors)
    {
        if (type == "FQDN")
        {
            DomainName(address, endpoint.Child("addresses").Index(index), errors);
            return;
        }

        var faults = type is "IPv4" or "IPv6" ? IpFormats.CanonicalIp(address) : [];
        if (type is "IPv4" or "IPv6" && IpFormats.TryParse(address, out var ip, out _))
        {
            var special = IpFormats.NotSpecial(address);
            var wrong = IpFormats.IsV6(ip) != (type == "IPv6");
            if (faults.Count + special.Count == 0 && !wrong)
            {
                return;
            }

            errors.InvalidEach(endpoint.Child("addresses").Index(index), address, faults);
            if (wrong)
            {
                errors.Invalid(endpoint, "addresses", address, $"must be an {type} address");
            }

            errors.InvalidEach(endpoint.Child("addresses").Index(index), address, special);
        }
        else if (faults.Count > 0)
        {
            errors.InvalidEach(endpoint.Child("addresses").Index(index), address, faults);
        }
    }

    /// <summary>A domain name of two segments or more, with or without the dot of the root; the first fault is all that is told.</summary>
    private static void DomainName(string name, FieldPath path, FieldErrorList errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
            return;
        }

        name = name.EndsWith('.') ? name[..^1] : name;
        if (Formats.DnsSubdomain(name) is { Count: > 0 } faults)
        {
            errors.Invalid(path, name, string.Join(",", faults));
        }
        else if (!name.Contains('.', StringComparison.Ordinal))
        {
            errors.Invalid(path, name, "should be a domain with at least two segments separated by dots");
        }
        else if (name.Split('.').FirstOrDefault(static l => !Formats.IsDnsLabel(l)) is { } label)
        {
            errors.Invalid(path, label, string.Join(",", Formats.DnsLabel(label)));
        }
    }

    /// <summary>The topology is a field of versions before v1; the node that it named once may move to its own field.</summary>
    private static void DropTopology(EndpointSlice slice, EndpointSlice? old)
    {
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.DeprecatedTopology.Count == 0)
            {
                continue;
            }

            if (endpoint.NodeName is null && endpoint.DeprecatedTopology.GetValueOrDefault(HostnameLabel) is { Length: > 0 } node && Formats.DnsSubdomain(node).Count == 0
                && old?.Endpoints.Any(e => e.DeprecatedTopology.GetValueOrDefault(HostnameLabel) == node) == true)
            {
                endpoint.Set(Api.Discovery.V1.Endpoint.Fields.NodeName, node);
            }

            endpoint.Set(Api.Discovery.V1.Endpoint.Fields.DeprecatedTopology, null);
        }
    }

    private static void Hints(string[] names, FieldPath path, FieldErrorList errors, Func<string, IReadOnlyList<string>> format)
    {
        if (names.Length > HintsMax)
        {
            errors.TooMany(path, names.Length, HintsMax);
            return;
        }

        for (var i = 0; i < names.Length; i++)
        {
            if (names.Take(i).Contains(names[i]))
            {
                errors.Duplicate(path.Index(i).Child("name"), names[i]);
            }

            errors.InvalidEach(path.Index(i), "name", names[i], format(names[i]));
        }
    }

    private static void Ports(ApiList<EndpointPort> ports, FieldErrorList errors)
    {
        if (ports.Count > PortsMax)
        {
            errors.TooMany(FieldPath.Root("ports"), ports.Count, PortsMax);
            return;
        }

        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var name = port.Name ?? "";
            if (name.Length > 0 && !Formats.IsDnsLabel(name))
            {
                errors.InvalidEach(Path().Child("name"), name, Formats.DnsLabel(name));
            }

            for (var j = 0; j < i; j++)
            {
                if ((ports[j].Name ?? "") == name)
                {
                    errors.Duplicate(Path().Child("name"), name);
                    break;
                }
            }

            if (port.Protocol is null)
            {
                errors.Missing(Path(), "protocol");
            }
            else if (port.Protocol is not ("SCTP" or "TCP" or "UDP"))
            {
                errors.NotSupportedInOrder(Path().Child("protocol"), port.Protocol, "SCTP", "TCP", "UDP");
            }

            if (port.AppProtocol is { } app && !Formats.IsQualifiedName(app))
            {
                errors.InvalidEach(Path().Child("appProtocol"), app, Formats.QualifiedName(app));
            }

            FieldPath Path() => FieldPath.Root("ports").Index(i);
        }
    }
}
