using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Dns;
using Orchestrator.Agent.Linux;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Api;

namespace Orchestrator.Agent.Pods;

/// <summary>Says to the runtime what a pod's sandbox is to be.</summary>
internal sealed class SandboxConfigBuilder(NodeAgentOptions options, PodPaths paths, PodCgroups cgroups, DnsConfigurer dns)
{
    private const int HostnameLengthMax = 63;

    // The kernel's field for a name.
    private const int KernelNameLengthMax = 64;

    /// <summary>The configuration of a sandbox.</summary>
    /// <exception cref="NotSupportedException">The pod's name does not fit into the kernel.</exception>
    public Cri.PodSandboxConfig Build(Pod pod, uint attempt, Cri.UserNamespace users)
    {
        var config = new Cri.PodSandboxConfig
        {
            Metadata = new() { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace, Uid = pod.Metadata.Uid, Attempt = attempt },
            LogDirectory = paths.LogFolder(pod.Metadata.Namespace, pod.Metadata.Name, pod.Metadata.Uid),
            DnsConfig = dns.Configure(pod),
            Labels =
            {
                [ContainerLabels.PodName] = pod.Metadata.Name,
                [ContainerLabels.PodNamespace] = pod.Metadata.Namespace,
                [ContainerLabels.PodUid] = pod.Metadata.Uid,
            },
            Linux = new()
            {
                CgroupParent = cgroups.PathOf(pod),
                SecurityContext = SecurityContext(pod, users),
                Resources = new() { OomScoreAdj = -998 },
            },
        };
        foreach (var (key, value) in pod.Metadata.Labels)
        {
            config.Labels.TryAdd(key, value);
        }

        foreach (var (key, value) in pod.WithSourceAnnotations(pod.Metadata.CreationTimestamp ?? default).Metadata.Annotations)
        {
            config.Annotations[key] = value;
        }

        if (!pod.UsesHostNetwork)
        {
            config.Hostname = KernelName(pod);
        }

        foreach (var port in pod.Spec.InitContainers.Where(c => c.IsSidecar).Concat(pod.Spec.Containers).SelectMany(c => c.Ports))
        {
            config.PortMappings.Add(new Cri.PortMapping
            {
                ContainerPort = port.ContainerPortValue,
                HostPort = pod.UsesHostNetwork ? 0 : port.HostPort,
                HostIp = port.HostIP,
                Protocol = port.Protocol switch { "UDP" => Cri.Protocol.Udp, "SCTP" => Cri.Protocol.Sctp, _ => Cri.Protocol.Tcp },
            });
        }

        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? ApiList<Sysctl>.Empty)
        {
            config.Linux.Sysctls[SysctlName.Normalize(sysctl.Name)] = sysctl.Value;
        }

        return config;
    }

    private string KernelName(Pod pod)
    {
        var (hostname, domain) = HostnameAndDomain(pod);
        if (pod.Spec.SetHostnameAsFQDN != true || domain.Length == 0)
        {
            return hostname;
        }

        var full = $"{hostname}.{domain}";
        return full.Length <= KernelNameLengthMax
            ? full
            : throw new NotSupportedException(
                $"failed to construct FQDN from pod hostname and cluster domain, FQDN {full} is too long ({KernelNameLengthMax} characters is the max, {full.Length} characters requested)");
    }

    /// <summary>The pod's host name and, below a headless service, its domain.</summary>
    public (string Hostname, string Domain) HostnameAndDomain(Pod pod)
    {
        if (pod.Spec.HostnameOverride is { Length: > 0 } fixedName)
        {
            return (fixedName, "");
        }

        var hostname = pod.Spec.Hostname.Length > 0 ? pod.Spec.Hostname : pod.Metadata.Name;
        if (hostname.Length > HostnameLengthMax)
        {
            hostname = hostname[..HostnameLengthMax].TrimEnd('-', '.');
        }

        var domain = pod.Spec.Subdomain.Length > 0 ? $"{pod.Spec.Subdomain}.{pod.Metadata.Namespace}.svc.{options.ClusterDomain}" : "";
        return (hostname, domain);
    }

    /// <summary>Which namespaces a pod shares with the node or among its containers.</summary>
    internal static Cri.NamespaceOption Namespaces(Pod pod, Cri.UserNamespace users) => new()
    {
        UsernsOptions = users,
        Network = pod.UsesHostNetwork ? Cri.NamespaceMode.Node : Cri.NamespaceMode.Pod,
        Ipc = pod.Spec.HostIPC ? Cri.NamespaceMode.Node : Cri.NamespaceMode.Pod,
        Pid = pod.Spec.HostPID ? Cri.NamespaceMode.Node
            : pod.Spec.ShareProcessNamespace == true ? Cri.NamespaceMode.Pod
            : Cri.NamespaceMode.Container,
    };

    private static Cri.LinuxSandboxSecurityContext SecurityContext(Pod pod, Cri.UserNamespace users)
    {
        var context = new Cri.LinuxSandboxSecurityContext
        {
            Privileged = pod.AllContainers.Any(c => c.SecurityContext?.Privileged == true),
            NamespaceOptions = Namespaces(pod, users),
            Seccomp = new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
        };
        if (pod.Spec.SecurityContext is not { } own)
        {
            return context;
        }

        if (own.RunAsUser is { } user)
        {
            context.RunAsUser = new() { Value = user };
        }

        if (own.RunAsGroup is { } group && own.RunAsUser is not null)
        {
            context.RunAsGroup = new() { Value = group };
        }

        if (own.FsGroup is { } fsGroup)
        {
            context.SupplementalGroups.Add(fsGroup);
        }

        context.SupplementalGroups.Add(own.SupplementalGroups);
        context.SupplementalGroupsPolicy = own.SupplementalGroupsPolicy == "Strict" ? Cri.SupplementalGroupsPolicy.Strict : Cri.SupplementalGroupsPolicy.Merge;
        if (own.SeLinuxOptions is { } selinux)
        {
            context.SelinuxOptions = ContainerSecurity.SELinux(selinux);
        }

        return context;
    }
}
