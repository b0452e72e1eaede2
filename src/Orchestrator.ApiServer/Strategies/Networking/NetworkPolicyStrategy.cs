using Orchestrator.Api;
using Orchestrator.Api.Networking.V1;
using Orchestrator.ApiServer.Strategies.Warnings;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Networking;

internal sealed class NetworkPolicyStrategy : ObjectStrategy<NetworkPolicy>
{
    public override void Warnings(ApiObject obj, ApiObject? old, StrategyContext context)
    {
        var spec = ((NetworkPolicy)obj).Spec;
        for (var i = 0; i < spec.Ingress.Count; i++)
        {
            Blocks(spec.Ingress[i].From, FieldPath.Spec.Child("ingress").Index(i).Child("from"));
        }

        for (var i = 0; i < spec.Egress.Count; i++)
        {
            Blocks(spec.Egress[i].To, FieldPath.Spec.Child("egress").Index(i).Child("to"));
        }

        void Blocks(ApiList<NetworkPolicyPeer> peers, FieldPath path)
        {
            for (var i = 0; i < peers.Count; i++)
            {
                if (peers[i].IpBlock is not { } block)
                {
                    continue;
                }

                var at = path.Index(i).Child("ipBlock");
                AddressWarnings.Cidr(block.Cidr, at.Child("cidr"), context.Warnings);
                for (var e = 0; e < block.Except.Count; e++)
                {
                    AddressWarnings.Cidr(block.Except[e], at.Child("except").Index(e), context.Warnings);
                }
            }
        }
    }

    protected override void CheckUpdate(NetworkPolicy obj, NetworkPolicy old, FieldErrorList errors)
    {
        // Upstream holds a changed policy to the rules of a new one and then to the spec's again: each fault of the spec is two causes.
        Check(obj, errors);
        Check(obj, errors);
    }

    protected override void Check(NetworkPolicy obj, FieldErrorList errors)
    {
        var (spec, path) = (obj.Spec, FieldPath.Spec);
        SelectorValidator.Validate(spec.PodSelector, path.Child("podSelector"), errors);
        for (var i = 0; i < spec.Ingress.Count; i++)
        {
            Rule(spec.Ingress[i].Ports, spec.Ingress[i].From, "from", path.Child("ingress").Index(i), errors);
        }

        for (var i = 0; i < spec.Egress.Count; i++)
        {
            Rule(spec.Egress[i].Ports, spec.Egress[i].To, "to", path.Child("egress").Index(i), errors);
        }

        if (spec.PolicyTypes.Count > 2)
        {
            errors.Invalid(path, "policyTypes", spec.PolicyTypes, "may not specify more than two policyTypes");
            return;
        }

        for (var i = 0; i < spec.PolicyTypes.Count; i++)
        {
            if (spec.PolicyTypes[i] is not ("Ingress" or "Egress"))
            {
                errors.NotSupportedInOrder(path.Child("policyTypes").Index(i), spec.PolicyTypes[i], "Ingress", "Egress");
            }
        }
    }

    private static void Rule(ApiList<NetworkPolicyPort> ports, ApiList<NetworkPolicyPeer> peers, string field, FieldPath path, FieldErrorList errors)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            Port(ports[i], path.Child("ports").Index(i), errors);
        }

        for (var i = 0; i < peers.Count; i++)
        {
            Peer(peers[i], path.Child(field).Index(i), errors);
        }
    }

    private static void Port(NetworkPolicyPort port, FieldPath path, FieldErrorList errors)
    {
        if (port.Protocol is { } protocol)
        {
            errors.OneOf(path, "protocol", protocol, "TCP", "UDP", "SCTP");
        }

        if (port.Port is not { } value)
        {
            if (port.EndPort is not null)
            {
                errors.Invalid(path, "endPort", port.EndPort, "may not be specified when `port` is not specified");
            }

            return;
        }

        if (value.IsText)
        {
            if (port.EndPort is not null)
            {
                errors.Invalid(path, "endPort", port.EndPort, "may not be specified when `port` is non-numeric");
            }

            errors.InvalidEach(path, "port", value.Text, Formats.PortName(value.Text!));
            return;
        }

        errors.InvalidEach(path, "port", value.Int, Formats.PortNumber(value.Int));
        if (port.EndPort is { } end)
        {
            if (end < value.Int)
            {
                errors.Invalid(path, "endPort", value.Int, "must be greater than or equal to `port`");
            }

            errors.InvalidEach(path, "endPort", end, Formats.PortNumber(end));
        }
    }

    private static void Peer(NetworkPolicyPeer peer, FieldPath path, FieldErrorList errors)
    {
        var count = 0;
        if (peer.PodSelector is not null)
        {
            count++;
            SelectorValidator.Validate(peer.PodSelector, path.Child("podSelector"), errors);
        }

        if (peer.NamespaceSelector is not null)
        {
            count++;
            SelectorValidator.Validate(peer.NamespaceSelector, path.Child("namespaceSelector"), errors);
        }

        if (peer.IpBlock is { } block)
        {
            count++;
            Block(block, path.Child("ipBlock"), errors);
        }

        if (count == 0)
        {
            errors.Required(path, "must specify a peer");
        }
        else if (count > 1 && peer.IpBlock is not null)
        {
            errors.Forbidden(path, "may not specify both ipBlock and another peer");
        }
    }

    private static void Block(IPBlock block, FieldPath path, FieldErrorList errors)
    {
        if (block.Cidr.Length == 0)
        {
            errors.Missing(path, "cidr");
            return;
        }

        errors.InvalidEach(path, "cidr", block.Cidr, IpFormats.Cidr(block.Cidr));
        if (!IpFormats.TryParseCidr(block.Cidr, out var network, out var length, out _))
        {
            return;
        }

        for (var i = 0; i < block.Except.Count; i++)
        {
            var at = path.Child("except").Index(i);
            errors.InvalidEach(at, block.Except[i], IpFormats.Cidr(block.Except[i]));
            if (IpFormats.TryParseCidr(block.Except[i], out var except, out var exceptLength, out _)
                && (IpFormats.IsV6(except) != IpFormats.IsV6(network) || exceptLength <= length || !IpFormats.Masked(except, length).Equals(IpFormats.Masked(network, length))))
            {
                errors.Invalid(at, block.Except[i], "must be a strict subset of `cidr`");
            }
        }
    }
}
