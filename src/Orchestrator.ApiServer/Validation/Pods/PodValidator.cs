using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Pods, and pod specs wherever they stand.</summary>
internal static class PodValidator
{
    private const int SearchPathsMax = 32;
    private const int SearchCharactersMax = 2048;
    private const int NameserversMax = 3;

    /// <summary>A new pod; metadata is checked elsewhere.</summary>
    public static void Create(Pod pod, FieldErrorList errors)
    {
        MetadataAndSpec(pod, errors);
        if (pod.Spec.EphemeralContainers.Count > 0)
        {
            errors.Forbidden(FieldPath.Spec, "ephemeralContainers", "cannot be set on create");
        }

        if (pod.Spec.NodeName.Length > 0 && pod.Spec.SchedulingGates.Count > 0)
        {
            errors.Forbidden(FieldPath.Spec, "nodeName", "cannot be set until all schedulingGates have been cleared");
        }

        SeccompAnnotations.MatchFields(pod.Metadata.Annotations, pod.Spec, FieldPath.Spec, errors);
        AppArmorAnnotations.MatchFields(pod.Metadata.Annotations, pod.Spec, FieldPath.Spec, errors);
    }

    public static void MetadataAndSpec(Pod pod, FieldErrorList errors)
    {
        PodAnnotations.Validate(pod.Metadata.Annotations, pod.Spec, FieldPath.Metadata.Child("annotations"), errors);
        Spec(pod.Spec, FieldPath.Spec, errors, pod.Metadata);
        if (pod.Spec.ServiceAccountName.Length == 0)
        {
            for (var v = 0; v < pod.Spec.Volumes.Count; v++)
            {
                if (pod.Spec.Volumes[v].Projected is not { } projected)
                {
                    continue;
                }

                for (var s = 0; s < projected.Sources.Count; s++)
                {
                    if (projected.Sources[s].ServiceAccountToken is not null)
                    {
                        errors.Forbidden(
                            FieldPath.Spec.Child("volumes").Index(v).Child("projected").Child("sources").Index(s), "serviceAccountToken",
                            "must not be specified when serviceAccountName is not set");
                    }
                }
            }
        }

        ContainerValidator.OnlyForPods(pod.Spec.Containers, FieldPath.Spec, "containers", errors);
        ContainerValidator.OnlyForPods(pod.Spec.InitContainers, FieldPath.Spec, "initContainers", errors);
    }

    /// <summary>The pod template of a workload.</summary>
    public static void Template(PodTemplateSpec template, FieldPath path, FieldErrorList errors)
    {
        MetadataValidator.Labels(template.Metadata.Labels, path, "labels", errors);
        MetadataValidator.Annotations(template.Metadata.Annotations, path, "annotations", errors);
        PodAnnotations.Validate(template.Metadata.Annotations, template.Spec, path.Child("annotations"), errors);
        Spec(template.Spec, path.Child("spec"), errors, metadata: null);
        SeccompAnnotations.MatchFields(template.Metadata.Annotations, template.Spec, path.Child("spec"), errors);
        AppArmorAnnotations.MatchFields(template.Metadata.Annotations, template.Spec, path.Child("spec"), errors);
        if (template.Spec.EphemeralContainers.Count > 0)
        {
            errors.Forbidden(path.Child("spec"), "ephemeralContainers", "ephemeral containers not allowed in pod template");
        }
    }

    /// <summary>A pod's spec; of a template where <paramref name="metadata"/> is null.</summary>
    public static void Spec(PodSpec spec, FieldPath path, FieldErrorList errors, ObjectMeta? metadata)
    {
        var pod = new PodSpecContext(spec, metadata);
        PodVolumeValidator.Volumes(pod, path, errors);
        ResourceClaims(spec.ResourceClaims, path, errors);
        ContainerValidator.Containers(pod, path, errors);
        ContainerValidator.InitContainers(pod, path, errors);
        ContainerValidator.EphemeralContainers(pod, path, errors);
        PodResources(spec, path, errors);
        HostNetwork(spec, path, errors, isPod: metadata is not null);
        errors.RequiredOneOf(path, "restartPolicy", spec.RestartPolicy, "Always", "OnFailure", "Never");
        if (spec.DnsPolicy.Length == 0)
        {
            errors.Missing(path, "dnsPolicy");
        }
        else
        {
            errors.OneOf(path, "dnsPolicy", spec.DnsPolicy, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        }

        MetadataValidator.Labels(spec.NodeSelector, path, "nodeSelector", errors);
        SecurityContextValidator.Pod(pod, path, errors);
        AffinityValidator.Affinity(spec.Affinity, path, errors);
        Dns(spec, path, errors);
        for (var i = 0; i < spec.ReadinessGates.Count; i++)
        {
            errors.InvalidEach(path.Child("readinessGates").Index(i), "conditionType", spec.ReadinessGates[i].ConditionType, Formats.QualifiedName(spec.ReadinessGates[i].ConditionType));
        }

        SchedulingGates(spec.SchedulingGates, path, errors);
        AffinityValidator.Spread(spec.TopologySpreadConstraints, path, errors);
        WindowsPodValidator.HostProcess(spec, path, errors);
        HostUsers(spec, path, errors);
        Name(spec.ServiceAccountName, "serviceAccountName", Formats.DnsSubdomain);
        Name(spec.NodeName, "nodeName", Formats.DnsSubdomain);
        if (spec.ActiveDeadlineSeconds is < 1 or > int.MaxValue)
        {
            errors.Invalid(path, "activeDeadlineSeconds", spec.ActiveDeadlineSeconds, "must be between 1 and 2147483647, inclusive");
        }

        if (spec.TerminationGracePeriodSeconds is null)
        {
            errors.Missing(path, "terminationGracePeriodSeconds");
        }

        Name(spec.Hostname, "hostname", Formats.DnsLabel);
        Name(spec.Subdomain, "subdomain", Formats.DnsLabel);
        AffinityValidator.Tolerations(spec.Tolerations, path, errors);
        for (var i = 0; i < spec.HostAliases.Count; i++)
        {
            var alias = spec.HostAliases[i];
            var at = path.Child("hostAliases").Index(i);
            errors.InvalidEach(at, "ip", alias.Ip, IpFormats.Ip(alias.Ip));
            for (var h = 0; h < alias.Hostnames.Count; h++)
            {
                errors.InvalidEach(at.Child("hostnames").Index(h), alias.Hostnames[h], Formats.DnsSubdomain(alias.Hostnames[h]));
            }
        }

        Name(spec.PriorityClassName, "priorityClassName", Formats.DnsSubdomain);
        if (spec.RuntimeClassName is { } runtimeClass)
        {
            errors.InvalidEach(path, "runtimeClassName", runtimeClass, Formats.DnsSubdomain(runtimeClass));
        }

        if (spec.PreemptionPolicy is { } preemption)
        {
            errors.RequiredOneOf(path, "preemptionPolicy", preemption, "PreemptLowerPriority", "Never");
        }

        if (spec.Overhead.Count > 0)
        {
            ResourceValidator.Requirements(new ResourceRequirements { Limits = spec.Overhead }, path.Child("overhead"), errors, null);
        }

        WindowsPodValidator.OperatingSystem(spec, path, errors);
        HostnameOverride(spec, path, errors);

        void Name(string value, string field, Func<string, IReadOnlyList<string>> format)
        {
            if (value.Length > 0)
            {
                errors.InvalidEach(path, field, value, format(value));
            }
        }
    }

    private static void ResourceClaims(ApiList<PodResourceClaim> claims, FieldPath spec, FieldErrorList errors)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < claims.Count; i++)
        {
            var claim = claims[i];
            var path = spec.Child("resourceClaims").Index(i);
            if (claim.Name.Length == 0)
            {
                errors.Missing(path, "name");
            }
            else if (!names.Add(claim.Name))
            {
                errors.Duplicate(path.Child("name"), claim.Name);
            }
            else
            {
                errors.InvalidEach(path, "name", claim.Name, Formats.DnsLabel(claim.Name));
            }

            if (claim is { ResourceClaimName: not null, ResourceClaimTemplateName: not null })
            {
                errors.Invalid(path, new InternalValue(claim), "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
            }

            if (claim is { ResourceClaimName: null, ResourceClaimTemplateName: null })
            {
                errors.Invalid(path, new InternalValue(claim), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
            }

            if (claim.ResourceClaimName is { } name)
            {
                errors.InvalidEach(path, "resourceClaimName", name, Formats.DnsSubdomain(name));
            }

            if (claim.ResourceClaimTemplateName is { } template)
            {
                errors.InvalidEach(path, "resourceClaimTemplateName", template, Formats.DnsSubdomain(template));
            }
        }
    }

    private static void PodResources(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.Resources is not { } resources)
        {
            return;
        }

        var at = path.Child("resources");
        if (spec.Os?.Name == "windows")
        {
            errors.Forbidden(at, "may not be set for a windows pod");
        }

        ResourceValidator.Requirements(resources, at, errors, null, podLevel: true);
        foreach (var (name, total) in Defaults.PodLevelResources.ContainerTotals(spec, static c => c.Resources.Requests))
        {
            if (resources.Requests.TryGetValue(name, out var request) && total > request)
            {
                errors.Invalid(at.Child("requests").Key(name), request, $"must be greater than or equal to aggregate container requests of {total}");
            }
        }

        Limits(spec.Containers, "containers");
        Limits(spec.InitContainers, "initContainers");

        void Limits(ApiList<Container> containers, string field)
        {
            for (var i = 0; i < containers.Count; i++)
            {
                foreach (var (name, limit) in containers[i].Resources.Limits)
                {
                    if (resources.Limits.TryGetValue(name, out var podLimit) && limit > podLimit)
                    {
                        errors.Invalid(path.Child(field).Index(i).Child("resources").Child("limits").Key(name), limit, $"must be less than or equal to pod limits of {podLimit}");
                    }
                }
            }
        }
    }

    private static void HostNetwork(PodSpec spec, FieldPath path, FieldErrorList errors, bool isPod)
    {
        if (!spec.HostNetwork)
        {
            return;
        }

        Ports(spec.Containers, "containers");
        Ports(spec.InitContainers, "initContainers");

        void Ports(ApiList<Container> containers, string field)
        {
            for (var i = 0; i < containers.Count; i++)
            {
                for (var p = 0; p < containers[i].Ports.Count; p++)
                {
                    var port = containers[i].Ports[p];
                    // Ports of templates are only completed in the pods made of them.
                    if (port.HostPort != port.ContainerPortValue && (isPod || port.HostPort != 0))
                    {
                        errors.Invalid(path.Child(field).Index(i).Child("ports").Index(p), "hostPort", port.HostPort, "must match `containerPort` when `hostNetwork` is true");
                    }
                }
            }
        }
    }

    private static void Dns(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.DnsPolicy == "None")
        {
            if (spec.DnsConfig is null)
            {
                errors.Missing(path, "dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
                return;
            }

            if (spec.DnsConfig.Nameservers.Count == 0)
            {
                errors.Missing(path.Child("dnsConfig"), "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
                return;
            }
        }

        if (spec.DnsConfig is not { } config)
        {
            return;
        }

        var at = path.Child("dnsConfig");
        if (config.Nameservers.Count > NameserversMax)
        {
            errors.Invalid(at, "nameservers", config.Nameservers, $"must not have more than {NameserversMax} nameservers");
        }

        for (var i = 0; i < config.Nameservers.Count; i++)
        {
            errors.InvalidEach(at.Child("nameservers").Index(i), config.Nameservers[i], IpFormats.Ip(config.Nameservers[i]));
        }

        if (config.Searches.Count > SearchPathsMax)
        {
            errors.Invalid(at, "searches", config.Searches, $"must not have more than {SearchPathsMax} search paths");
        }

        if (config.Searches.Sum(static s => s.Length) + Math.Max(0, config.Searches.Count - 1) > SearchCharactersMax)
        {
            errors.Invalid(at, "searches", config.Searches, $"must not have more than {SearchCharactersMax} characters (including spaces) in the search list");
        }

        for (var i = 0; i < config.Searches.Count; i++)
        {
            var search = config.Searches[i];
            if (search != ".")
            {
                search = search.EndsWith('.') ? search[..^1] : search;
                errors.InvalidEach(at.Child("searches").Index(i), search, Formats.DnsSubdomainWithUnderscore(search));
            }
        }

        for (var i = 0; i < config.Options.Count; i++)
        {
            if (config.Options[i].Name.Length == 0)
            {
                errors.Required(at.Child("options").Index(i), "must not be empty");
            }
        }
    }

    private static void SchedulingGates(ApiList<PodSchedulingGate> gates, FieldPath spec, FieldErrorList errors)
    {
        for (var i = 0; i < gates.Count; i++)
        {
            var path = spec.Child("schedulingGates").Index(i);
            var name = gates[i].Name;
            errors.InvalidEach(path, name, Formats.QualifiedName(name));
            for (var j = 0; j < i; j++)
            {
                if (gates[j].Name == name)
                {
                    errors.Duplicate(path, name);
                    break;
                }
            }
        }
    }

    private static void HostUsers(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.HostUsers != false)
        {
            return;
        }

        Check(spec.HostNetwork, "hostNetwork");
        Check(spec.HostPID, "HostPID");
        Check(spec.HostIPC, "HostIPC");

        void Check(bool set, string field)
        {
            if (set)
            {
                errors.Forbidden(path, field, "when `hostUsers` is false");
            }
        }
    }

    private static void HostnameOverride(PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (spec.HostnameOverride is not { } name)
        {
            return;
        }

        if (spec.SetHostnameAsFQDN == true)
        {
            errors.Forbidden(path, "hostnameOverride", "may not be specified when setHostnameAsFQDN is true");
        }

        if (spec.HostNetwork)
        {
            errors.Forbidden(path, "hostnameOverride", "may not be specified when hostNetwork is true");
        }

        if (name.Length > 64)
        {
            errors.TooLong(path.Child("hostnameOverride"), 64);
        }

        errors.InvalidEach(path, "hostnameOverride", name, Formats.DnsSubdomain(name));
    }
}
