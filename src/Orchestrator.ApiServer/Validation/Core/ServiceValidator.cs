using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Strategies.Core;

namespace Orchestrator.ApiServer.Validation.Core;

/// <summary>Services, without what only the allocators of addresses and ports can know.</summary>
internal static class ServiceValidator
{
    private const int AffinitySecondsMax = 86400;
    private const string TopologyHints = "service.kubernetes.io/topology-aware-hints";
    private const string TopologyMode = "service.kubernetes.io/topology-mode";
    private const string SourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";
    private const string NotOnce = "may not change once set";

    public static void Validate(Service service, FieldErrorList errors)
    {
        var (spec, path) = (service.Spec, FieldPath.Spec);
        var headless = IsHeadless(spec);
        if (service.Metadata.Annotations.TryGetValue(TopologyMode, out var mode) && service.Metadata.Annotations.TryGetValue(TopologyHints, out var hints) && mode != hints)
        {
            errors.Invalid(FieldPath.Metadata.Child("annotations").Key(TopologyMode), mode, $"must match annotations[{TopologyHints}] when both are specified");
        }

        if (spec.Ports.Count == 0 && !headless && spec.Type != "ExternalName")
        {
            errors.Missing(path, "ports");
        }

        switch (spec.Type)
        {
            case "LoadBalancer" or "NodePort" when headless:
                errors.Invalid(path.Child("clusterIPs").Index(0), spec.ClusterIPs[0], $"may not be set to 'None' for {spec.Type} services");
                break;
            case "ExternalName":
                if (spec.ClusterIPs.Count > 0)
                {
                    errors.Forbidden(path, "clusterIPs", "may not be set for ExternalName services");
                }

                if (spec.IpFamilies.Count > 0)
                {
                    errors.Forbidden(path, "ipFamilies", "may not be set for ExternalName services");
                }

                if (spec.IpFamilyPolicy is not null)
                {
                    errors.Forbidden(path, "ipFamilyPolicy", "may not be set for ExternalName services");
                }

                var name = spec.ExternalName.EndsWith('.') ? spec.ExternalName[..^1] : spec.ExternalName;
                if (name.Length > 0)
                {
                    errors.InvalidEach(path, "externalName", name, Formats.DnsSubdomain(name));
                }
                else
                {
                    errors.Missing(path, "externalName");
                }

                break;
        }

        Ports(service, errors);
        MetadataValidator.Labels(spec.Selector, path, "selector", errors);
        errors.RequiredOneOf(path, "sessionAffinity", spec.SessionAffinity, "ClientIP", "None");
        Affinity(spec, errors);
        Addresses(spec, errors);
        for (var i = 0; i < spec.ExternalIPs.Count; i++)
        {
            var at = path.Child("externalIPs").Index(i);
            var faults = IpFormats.Ip(spec.ExternalIPs[i]);
            errors.InvalidEach(at, spec.ExternalIPs[i], faults);
            if (faults.Count == 0)
            {
                errors.InvalidEach(at, spec.ExternalIPs[i], IpFormats.NotSpecial(spec.ExternalIPs[i]));
            }
        }

        errors.RequiredOneOf(path, "type", spec.Type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        NodePorts(spec, errors);
        LoadBalancer(service, errors);
        Traffic(spec, errors);
    }

    public static void ValidateUpdate(Service service, Service old, FieldErrorList errors)
    {
        var (spec, before) = (service.Spec, old.Spec);

        // Addresses and families stay for life, unless the service is, or becomes, a name for something outside.
        if (spec.Type != "ExternalName" && before.Type != "ExternalName")
        {
            if (!(IsHeadless(spec) && IsHeadless(before)))
            {
                AddressChanges(spec, before, errors);
            }

            if (!IsHeadless(spec) && !IsHeadless(before))
            {
                FamilyChanges(spec, before, errors);
            }
        }

        if (spec.Type == "LoadBalancer" && before.Type == "LoadBalancer" && spec.LoadBalancerClass != before.LoadBalancerClass)
        {
            errors.Invalid(FieldPath.Spec, "loadBalancerClass", spec.LoadBalancerClass, NotOnce);
        }

        LoadBalancerClass(spec, errors);
        if (ServiceRules.NeedsHealthCheck(before) && ServiceRules.NeedsHealthCheck(spec) && spec.HealthCheckNodePort != before.HealthCheckNodePort)
        {
            errors.Forbidden(FieldPath.Spec, "healthCheckNodePort", "field is immutable");
        }

        Validate(service, errors);
    }

    private static bool IsHeadless(ServiceSpec spec) => spec.ClusterIPs.Count == 1 && spec.ClusterIPs[0] == "None";

    private static void AddressChanges(ServiceSpec spec, ServiceSpec before, FieldErrorList errors)
    {
        var (now, was, path) = (spec.ClusterIPs, before.ClusterIPs, FieldPath.Spec.Child("clusterIPs"));
        if (was.Count == now.Count)
        {
            for (var i = 0; i < was.Count; i++)
            {
                if (was[i] != now[i])
                {
                    errors.Invalid(path.Index(i), now, NotOnce);
                }
            }

            return;
        }

        if (was.Count > now.Count && now.Count == 0)
        {
            errors.Invalid(path.Index(0), now, "primary clusterIP can not be unset");
        }

        if (was.Count > 0 && now.Count > 0 && was[0] != now[0])
        {
            errors.Invalid(path.Index(0), now, NotOnce);
        }

        if (was.Count > now.Count && now.Count == 1 && spec.IpFamilyPolicy != "SingleStack")
        {
            errors.Invalid(FieldPath.Spec, "ipFamilyPolicy", spec.IpFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP");
        }
    }

    private static void FamilyChanges(ServiceSpec spec, ServiceSpec before, FieldErrorList errors)
    {
        // Upstream shows the addresses where a list of another length begins with another family.
        var (now, was, path) = (spec.IpFamilies, before.IpFamilies, FieldPath.Spec.Child("ipFamilies").Index(0));
        if (was.Count == now.Count)
        {
            for (var i = 0; i < was.Count; i++)
            {
                if (was[i] != now[i])
                {
                    errors.Invalid(path, now, NotOnce);
                }
            }

            return;
        }

        if (was.Count > now.Count && spec.ClusterIPs.Count == 0)
        {
            errors.Invalid(path, now, "primary ipFamily can not be unset");
        }

        if (was.Count > 0 && now.Count > 0 && was[0] != now[0])
        {
            errors.Invalid(path, spec.ClusterIPs, NotOnce);
        }

        if (was.Count > now.Count && now.Count == 1 && spec.IpFamilyPolicy != "SingleStack")
        {
            errors.Invalid(FieldPath.Spec, "ipFamilyPolicy", spec.IpFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily");
        }
    }

    private static void Ports(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        var list = FieldPath.Spec.Child("ports");
        for (var i = 0; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            var path = list.Index(i);
            if (port.Name.Length == 0)
            {
                if (spec.Ports.Count > 1)
                {
                    errors.Missing(path, "name");
                }
            }
            else
            {
                errors.InvalidEach(path, "name", port.Name, Formats.DnsLabel(port.Name));
                if (spec.Ports.Take(i).Any(p => p.Name == port.Name))
                {
                    errors.Duplicate(path.Child("name"), port.Name);
                }
            }

            errors.InvalidEach(path, "port", port.Port, Formats.PortNumber(port.Port));
            errors.RequiredOneOf(path, "protocol", port.Protocol, "SCTP", "TCP", "UDP");
            if (port.TargetPort.IsText)
            {
                errors.InvalidEach(path, "targetPort", port.TargetPort.Text, Formats.PortName(port.TargetPort.Text!));
            }
            else
            {
                errors.InvalidEach(path, "targetPort", port.TargetPort.Int, Formats.PortNumber(port.TargetPort.Int));
            }

            if (port.AppProtocol is { } app)
            {
                errors.InvalidEach(path, "appProtocol", app, Formats.QualifiedName(app));
            }
        }
    }

    private static void NodePorts(ServiceSpec spec, FieldErrorList errors)
    {
        var list = FieldPath.Spec.Child("ports");
        for (var i = 0; i < spec.Ports.Count && spec.Type == "ClusterIP"; i++)
        {
            if (spec.Ports[i].NodePort != 0)
            {
                errors.Forbidden(list.Index(i), "nodePort", "may not be used when `type` is 'ClusterIP'");
            }
        }

        for (var i = 1; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            if (port.NodePort != 0 && spec.Ports.Take(i).Any(p => p.Protocol == port.Protocol && p.NodePort == port.NodePort))
            {
                errors.Duplicate(list.Index(i).Child("nodePort"), port.NodePort);
            }
        }

        for (var i = 1; i < spec.Ports.Count; i++)
        {
            var port = spec.Ports[i];
            if (spec.Ports.Take(i).Any(p => p.Protocol == port.Protocol && p.Port == port.Port))
            {
                errors.Duplicate(list.Index(i), new InternalValue(new ServicePort { Protocol = port.Protocol, Port = port.Port }));
            }
        }
    }

    private static void Affinity(ServiceSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec.Child("sessionAffinityConfig");
        if (spec.SessionAffinity == "ClientIP")
        {
            if (spec.SessionAffinityConfig?.ClientIP is not { } config)
            {
                errors.Required(path, "must be set when session affinity is ClientIP");
            }
            else if (config.TimeoutSeconds is not (> 0 and <= AffinitySecondsMax))
            {
                errors.Invalid(path.Child("clientIP"), "timeoutSeconds", config.TimeoutSeconds, $"must be greater than 0 and less than {AffinitySecondsMax}");
            }
        }
        else if (spec is { SessionAffinity: "None", SessionAffinityConfig: not null })
        {
            errors.Forbidden(path, "must not be set when session affinity is None");
        }
    }

    private static void Addresses(ServiceSpec spec, FieldErrorList errors)
    {
        if (spec.Type == "ExternalName")
        {
            return;
        }

        var path = FieldPath.Spec;
        if (spec.ClusterIP.Length > 0 && spec.ClusterIPs.Count == 0)
        {
            errors.Missing(path, "clusterIPs");
        }
        else if (spec.ClusterIP.Length == 0 && spec.ClusterIPs.Count > 0)
        {
            errors.Invalid(path, "clusterIPs", spec.ClusterIPs, "must be empty when `clusterIP` is not specified");
        }
        else if (spec.ClusterIPs.Count > 0 && spec.ClusterIPs[0] != spec.ClusterIP)
        {
            errors.Invalid(path, "clusterIPs", spec.ClusterIPs, "first value must match `clusterIP`");
        }

        for (var i = 0; i < spec.IpFamilies.Count; i++)
        {
            var at = path.Child("ipFamilies").Index(i);
            if (spec.IpFamilies[i] is not ("IPv4" or "IPv6"))
            {
                errors.NotSupportedInOrder(at, spec.IpFamilies[i], "IPv4", "IPv6");
            }

            if (spec.IpFamilies.Take(i).Contains(spec.IpFamilies[i]))
            {
                errors.Duplicate(at, spec.IpFamilies[i]);
            }
        }

        if (spec.IpFamilyPolicy is { } policy)
        {
            errors.OneOf(path, "ipFamilyPolicy", policy, "PreferDualStack", "RequireDualStack", "SingleStack");
        }

        var bad = false;
        for (var i = 0; i < spec.ClusterIPs.Count; i++)
        {
            var ip = spec.ClusterIPs[i];
            if (i == 0 && ip == "None")
            {
                if (spec.ClusterIPs.Count > 1)
                {
                    bad = true;
                    errors.Invalid(path, "clusterIPs", spec.ClusterIPs, "'None' must be the first and only value");
                }

                continue;
            }

            var faults = IpFormats.Ip(ip);
            bad |= faults.Count > 0;
            errors.InvalidEach(path.Child("clusterIPs").Index(i), ip, faults);
        }

        if (spec.ClusterIPs.Count > 2)
        {
            errors.Invalid(path, "clusterIPs", spec.ClusterIPs, "may only hold up to 2 values");
        }

        // What follows would only misread addresses that are none.
        if (bad)
        {
            return;
        }

        if (spec.ClusterIPs.Count > 1 && spec.ClusterIPs.Select(static ip => ip.Contains(':', StringComparison.Ordinal)).Distinct().Count() == 1)
        {
            errors.Invalid(path, "clusterIPs", spec.ClusterIPs, "may specify no more than one IP for each IP family");
        }

        for (var i = 0; i < spec.IpFamilies.Count && i < spec.ClusterIPs.Count; i++)
        {
            var ip = spec.ClusterIPs[i];
            if (ip != "None" && IpFormats.TryParse(ip, out var address, out _) && IpFormats.IsV6(address) != (spec.IpFamilies[i] == "IPv6"))
            {
                errors.Invalid(path.Child("clusterIPs").Index(i), ip, $"expected an {spec.IpFamilies[i]} value as indicated by `ipFamilies[{i}]`");
            }
        }
    }

    private static void LoadBalancer(Service service, FieldErrorList errors)
    {
        var spec = service.Spec;
        var path = FieldPath.Spec;
        if (spec.LoadBalancerSourceRanges.Count > 0)
        {
            if (spec.Type != "LoadBalancer")
            {
                errors.Forbidden(path, "LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'");
            }

            for (var i = 0; i < spec.LoadBalancerSourceRanges.Count; i++)
            {
                var range = spec.LoadBalancerSourceRanges[i].Trim();
                errors.InvalidEach(path.Child("LoadBalancerSourceRanges").Index(i), range, IpFormats.Cidr(range));
            }
        }
        else if (service.Metadata.Annotations.TryGetValue(SourceRanges, out var ranges))
        {
            var at = FieldPath.Metadata.Child("annotations").Key(SourceRanges);
            if (spec.Type != "LoadBalancer")
            {
                errors.Forbidden(at, "may only be used when `type` is 'LoadBalancer'");
            }

            foreach (var range in ranges.Trim().Length == 0 ? [] : ranges.Split(','))
            {
                errors.InvalidEach(at, range.Trim(), IpFormats.Cidr(range.Trim()));
            }
        }

        if (spec.AllocateLoadBalancerNodePorts is not null && spec.Type != "LoadBalancer")
        {
            errors.Forbidden(path, "allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
        }

        LoadBalancerClass(spec, errors);
    }

    private static void LoadBalancerClass(ServiceSpec spec, FieldErrorList errors)
    {
        if (spec.LoadBalancerClass is not { } lbClass)
        {
            return;
        }

        if (spec.Type == "LoadBalancer")
        {
            errors.InvalidEach(FieldPath.Spec, "loadBalancerClass", lbClass, Formats.QualifiedName(lbClass));
        }
        else
        {
            errors.Forbidden(FieldPath.Spec, "loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
        }
    }

    private static void Traffic(ServiceSpec spec, FieldErrorList errors)
    {
        var path = FieldPath.Spec;
        if (!ServiceRules.IsExternal(spec))
        {
            if (spec.ExternalTrafficPolicy.Length > 0)
            {
                errors.Invalid(path, "externalTrafficPolicy", spec.ExternalTrafficPolicy, "may only be set for externally-accessible services");
            }
        }
        else if (spec.ExternalTrafficPolicy.Length == 0)
        {
            errors.Missing(path, "externalTrafficPolicy");
        }
        else
        {
            errors.OneOf(path, "externalTrafficPolicy", spec.ExternalTrafficPolicy, "Cluster", "Local");
        }

        if (spec.HealthCheckNodePort < 0)
        {
            errors.Invalid(path, "healthCheckNodePort", spec.HealthCheckNodePort, "must be greater than or equal to 0");
        }
        else if (spec.HealthCheckNodePort > 0 && !ServiceRules.NeedsHealthCheck(spec))
        {
            errors.Invalid(path, "healthCheckNodePort", spec.HealthCheckNodePort,
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }

        if (spec.InternalTrafficPolicy is { } policy)
        {
            errors.OneOf(path, "internalTrafficPolicy", policy, "Cluster", "Local");
        }
        else if (ServiceRules.HasAddress(spec))
        {
            errors.Missing(path, "internalTrafficPolicy");
        }

        if (spec.TrafficDistribution is { } distribution)
        {
            errors.OneOf(path, "trafficDistribution", distribution, "PreferClose", "PreferSameZone", "PreferSameNode");
        }
    }
}
