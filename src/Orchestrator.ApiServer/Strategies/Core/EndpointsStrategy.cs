using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Core;

internal sealed class EndpointsStrategy : ObjectStrategy<Endpoints>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        context.Warnings.Add("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");

        // The controller mends what it writes.
        if (obj.Metadata.Labels.GetValueOrDefault("endpoints.kubernetes.io/managed-by") == "endpoint-controller")
        {
            return;
        }

        var subsets = ((Endpoints)obj).Subsets;
        for (var i = 0; i < subsets.Count; i++)
        {
            Addresses(subsets[i].Addresses, i, "addresses");
            Addresses(subsets[i].NotReadyAddresses, i, "notReadyAddresses");
        }

        void Addresses(ApiList<EndpointAddress> addresses, int subset, string field)
        {
            for (var i = 0; i < addresses.Count; i++)
            {
                if (addresses[i].Ip.Contains(':', StringComparison.Ordinal))
                {
                    AddressWarnings.Ip(addresses[i].Ip, FieldPath.Root("subsets").Index(subset).Child(field).Index(i).Child("ip"), context.Warnings);
                }
            }
        }
    }

    protected override void Check(Endpoints obj, FieldErrorList errors)
    {
        for (var i = 0; i < obj.Subsets.Count; i++)
        {
            Subset(obj.Subsets[i], FieldPath.Root("subsets").Index(i), errors);
        }
    }

    protected override void CheckUpdate(Endpoints obj, Endpoints old, FieldErrorList errors)
    {
        if (!obj.Subsets.Equals(old.Subsets))
        {
            Check(obj, errors);
        }
    }

    private static void Subset(EndpointSubset subset, FieldPath path, FieldErrorList errors)
    {
        if (subset.Addresses.Count == 0 && subset.NotReadyAddresses.Count == 0)
        {
            errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
        }

        for (var i = 0; i < subset.Addresses.Count; i++)
        {
            Address(subset.Addresses[i], path.Child("addresses").Index(i), errors);
        }

        for (var i = 0; i < subset.NotReadyAddresses.Count; i++)
        {
            Address(subset.NotReadyAddresses[i], path.Child("notReadyAddresses").Index(i), errors);
        }

        for (var i = 0; i < subset.Ports.Count; i++)
        {
            var port = subset.Ports[i];
            var at = path.Child("ports").Index(i);
            if (subset.Ports.Count > 1 && port.Name.Length == 0)
            {
                errors.Missing(at, "name");
            }
            else if (port.Name.Length > 0)
            {
                errors.InvalidEach(at, "name", port.Name, Formats.DnsLabel(port.Name));
            }

            errors.InvalidEach(at, "port", port.Port, Formats.PortNumber(port.Port));
            if (port.Protocol.Length == 0)
            {
                errors.Missing(at, "protocol");
            }
            else
            {
                errors.OneOf(at, "protocol", port.Protocol, "SCTP", "TCP", "UDP");
            }

            if (port.AppProtocol is { } app)
            {
                errors.InvalidEach(at, "appProtocol", app, Formats.QualifiedName(app));
            }
        }
    }

    private static void Address(EndpointAddress address, FieldPath path, FieldErrorList errors)
    {
        errors.InvalidEach(path, "ip", address.Ip, IpFormats.Ip(address.Ip));
        if (address.Hostname.Length > 0)
        {
            errors.InvalidEach(path, "hostname", address.Hostname, Formats.DnsLabel(address.Hostname));
        }

        if (address.NodeName is { } node)
        {
            errors.InvalidEach(path, "nodeName", node, Formats.DnsSubdomain(node));
        }

        errors.InvalidEach(path, "ip", address.Ip, IpFormats.NotSpecial(address.Ip));
    }
}
