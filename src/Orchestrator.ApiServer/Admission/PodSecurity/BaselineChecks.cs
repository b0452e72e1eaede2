using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using static Orchestrator.ApiServer.Admission.PodSecurity.CheckTexts;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>The checks of the baseline level, in the order in which upstream reports them.</summary>
internal static class BaselineChecks
{
    private const string AppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

    private static readonly HashSet<string> DefaultCapabilities =
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ];

    public static SecurityViolation? AppArmorProfile(PodUnderCheck pod)
    {
        var setters = new List<string>();
        var values = new SortedSet<string>(StringComparer.Ordinal);
        if (pod.Security?.AppArmorProfile is { } profile && !IsAllowed(profile.Type))
        {
            setters.Add("pod");
            values.Add(profile.Type);
        }

        var containers = new List<string>();
        foreach (var container in pod.Containers)
        {
            if (container.Security?.AppArmorProfile is { } own && !IsAllowed(own.Type))
            {
                containers.Add(container.Name);
                values.Add(own.Type);
            }
        }

        AddContainers(setters, containers);
        var annotations = pod.Metadata.Annotations
            .Where(static a => a.Key.StartsWith(AppArmorAnnotation, StringComparison.Ordinal)
                && a.Value is not ("" or "runtime/default") && !a.Value.StartsWith("localhost/", StringComparison.Ordinal))
            .Select(static a => a.Key + "=" + Api.Json.GoText.Quote(a.Value))
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (annotations.Length > 0)
        {
            setters.Add(annotations.Length == 1 ? "annotation" : "annotations");
        }

        string[] all = [.. values, .. annotations];
        return setters.Count == 0 ? null : new(
            all.Length == 1 ? "forbidden AppArmor profile" : "forbidden AppArmor profiles",
            $"{string.Join(" and ", setters)} must not set AppArmor profile type to {Quoted(all)}");

        static bool IsAllowed(string type) => type is "RuntimeDefault" or "Localhost";
    }

    public static SecurityViolation? Capabilities(PodUnderCheck pod)
    {
        var containers = new List<string>();
        var forbidden = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var container in pod.Containers)
        {
            var added = (container.Security?.Capabilities?.Add ?? []).Where(static c => !DefaultCapabilities.Contains(c)).ToArray();
            if (added.Length > 0)
            {
                containers.Add(container.Name);
                forbidden.UnionWith(added);
            }
        }

        return containers.Count == 0 ? null : new(
            "non-default capabilities", $"{Containers(containers)} must not include {Quoted(forbidden)} in securityContext.capabilities.add");
    }

    public static SecurityViolation? HostNamespaces(PodUnderCheck pod)
    {
        var shared = new List<string>();
        if (pod.Spec.HostNetwork)
        {
            shared.Add("hostNetwork=true");
        }

        if (pod.Spec.HostPID)
        {
            shared.Add("hostPID=true");
        }

        if (pod.Spec.HostIPC)
        {
            shared.Add("hostIPC=true");
        }

        return shared.Count == 0 ? null : new("host namespaces", string.Join(", ", shared));
    }

    public static SecurityViolation? HostPathVolumes(PodUnderCheck pod)
    {
        var volumes = pod.Spec.Volumes.Where(static v => v.HostPath is not null).Select(static v => v.Name).ToArray();
        return volumes.Length == 0 ? null : new("hostPath volumes", $"{(volumes.Length == 1 ? "volume" : "volumes")} {Quoted(volumes)}");
    }

    public static SecurityViolation? HostPorts(PodUnderCheck pod)
    {
        var containers = new List<string>();
        var ports = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var container in pod.Containers)
        {
            var used = container.Ports.Where(static p => p.HostPort != 0).Select(static p => p.HostPort.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            if (used.Length > 0)
            {
                containers.Add(container.Name);
                ports.UnionWith(used);
            }
        }

        return containers.Count == 0 ? null : new(
            "hostPort",
            $"{Containers(containers)} {(containers.Count == 1 ? "uses" : "use")} {(ports.Count == 1 ? "hostPort" : "hostPorts")} {string.Join(", ", ports)}");
    }

    public static SecurityViolation? HostProbes(PodUnderCheck pod)
    {
        if (pod.Minor < 34)
        {
            return null;
        }

        var containers = new SortedSet<string>(StringComparer.Ordinal);
        var hosts = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var container in pod.Containers)
        {
            Look(container.Name, container.Liveness?.HttpGet, container.Liveness?.TcpSocket);
            Look(container.Name, container.Readiness?.HttpGet, container.Readiness?.TcpSocket);
            Look(container.Name, container.Startup?.HttpGet, container.Startup?.TcpSocket);
            Look(container.Name, container.Lifecycle?.PostStart?.HttpGet, container.Lifecycle?.PostStart?.TcpSocket);
            Look(container.Name, container.Lifecycle?.PreStop?.HttpGet, container.Lifecycle?.PreStop?.TcpSocket);
        }

        return containers.Count == 0 ? null : new(
            "probe or lifecycle host",
            $"{Containers(containers)} {(containers.Count == 1 ? "uses" : "use")} {(hosts.Count == 1 ? "probe or lifecycle host" : "probe or lifecycle hosts")} {Quoted(hosts)}");

        void Look(string name, HTTPGetAction? http, TCPSocketAction? tcp)
        {
            foreach (var host in new[] { http?.Host, tcp?.Host })
            {
                if (host is { Length: > 0 })
                {
                    containers.Add(name);
                    hosts.Add(host);
                }
            }
        }
    }

    public static SecurityViolation? Privileged(PodUnderCheck pod)
    {
        var containers = pod.Containers.Where(static c => c.Security?.Privileged == true).Select(static c => c.Name).ToArray();
        return containers.Length == 0 ? null : new("privileged", $"{Containers(containers)} must not set securityContext.privileged=true");
    }

    public static SecurityViolation? ProcMount(PodUnderCheck pod)
    {
        if (pod.HasOwnUsers)
        {
            return null;
        }

        var bad = pod.Containers.Where(static c => c.Security?.ProcMount is not (null or "Default")).ToArray();
        return bad.Length == 0 ? null : new(
            "procMount",
            $"{Containers(bad.Select(static c => c.Name).ToArray())} must not set securityContext.procMount to {Quoted(bad.Select(static c => c.Security!.ProcMount!).Distinct().Order(StringComparer.Ordinal))}");
    }

    public static SecurityViolation? SeLinuxOptions(PodUnderCheck pod)
    {
        var setters = new List<string>();
        var types = new SortedSet<string>(StringComparer.Ordinal);
        bool user = false, role = false;
        if (IsBad(pod.Security?.SeLinuxOptions))
        {
            setters.Add("pod");
        }

        AddContainers(setters, pod.Containers.Where(c => IsBad(c.Security?.SeLinuxOptions)).Select(static c => c.Name).ToArray());
        if (setters.Count == 0)
        {
            return null;
        }

        var details = new List<string>();
        if (types.Count > 0)
        {
            details.Add($"{(types.Count == 1 ? "type" : "types")} {Quoted(types)}");
        }

        if (user)
        {
            details.Add("user may not be set");
        }

        if (role)
        {
            details.Add("role may not be set");
        }

        return new("seLinuxOptions", $"{string.Join(" and ", setters)} set forbidden securityContext.seLinuxOptions: {string.Join("; ", details)}");

        bool IsBad(SELinuxOptions? options)
        {
            if (options is null)
            {
                return false;
            }

            var bad = false;
            if (options.Type is not ("" or "container_t" or "container_init_t" or "container_kvm_t") && !(options.Type == "container_engine_t" && pod.Minor >= 31))
            {
                types.Add(options.Type);
                bad = true;
            }

            user |= options.User.Length > 0;
            role |= options.Role.Length > 0;
            return bad || options.User.Length > 0 || options.Role.Length > 0;
        }
    }

    public static SecurityViolation? SeccompProfile(PodUnderCheck pod)
    {
        if (pod.Minor < 19)
        {
            var annotations = pod.Metadata.Annotations
                .Where(static a => (a.Key == "seccomp.security.alpha.kubernetes.io/pod" || a.Key.StartsWith("container.seccomp.security.alpha.kubernetes.io/", StringComparison.Ordinal))
                    && a.Value is not ("runtime/default" or "docker/default") && !a.Value.StartsWith("localhost/", StringComparison.Ordinal))
                .Select(static a => a.Key + "=" + Api.Json.GoText.Quote(a.Value))
                .ToArray();
            return annotations.Length == 0 ? null : new(
                "seccompProfile", $"{(annotations.Length == 1 ? "forbidden annotation" : "forbidden annotations")} {Quoted(annotations)}");
        }

        return ForbiddenSeccomp(pod, new SortedSet<string>(StringComparer.Ordinal)) is { } detail ? new("seccompProfile", detail) : null;
    }

    /// <summary>The detail of profiles that are set to something forbidden; null if there are none. Also the first half of the restricted check.</summary>
    internal static string? ForbiddenSeccomp(PodUnderCheck pod, SortedSet<string> values)
    {
        var setters = new List<string>();
        if (pod.Security?.SeccompProfile is { } profile && profile.Type is not ("RuntimeDefault" or "Localhost"))
        {
            setters.Add("pod");
            values.Add(profile.Type);
        }

        var bad = pod.Containers.Where(static c => c.Security?.SeccompProfile is { } own && own.Type is not ("RuntimeDefault" or "Localhost")).ToArray();
        values.UnionWith(bad.Select(static c => c.Security!.SeccompProfile!.Type));
        AddContainers(setters, bad.Select(static c => c.Name).ToArray());
        return setters.Count == 0 ? null : $"{string.Join(" and ", setters)} must not set securityContext.seccompProfile.type to {Quoted(values)}";
    }

    public static SecurityViolation? Sysctls(PodUnderCheck pod)
    {
        var forbidden = (pod.Security?.Sysctls ?? []).Select(static s => s.Name).Where(name => !IsSafeSysctl(name, pod.Minor)).ToArray();
        return forbidden.Length == 0 ? null : new("forbidden sysctls", string.Join(", ", forbidden));
    }

    public static SecurityViolation? WindowsHostProcess(PodUnderCheck pod)
    {
        var setters = new List<string>();
        if (pod.Security?.WindowsOptions?.HostProcess == true)
        {
            setters.Add("pod");
        }

        AddContainers(setters, pod.Containers.Where(static c => c.Security?.WindowsOptions?.HostProcess == true).Select(static c => c.Name).ToArray());
        return setters.Count == 0 ? null : new("hostProcess", $"{string.Join(" and ", setters)} must not set securityContext.windowsOptions.hostProcess=true");
    }

    private static bool IsSafeSysctl(string name, int minor) => name switch
    {
        "kernel.shm_rmid_forced" or "net.ipv4.ip_local_port_range" or "net.ipv4.tcp_syncookies" or "net.ipv4.ping_group_range" or "net.ipv4.ip_unprivileged_port_start" => true,
        "net.ipv4.ip_local_reserved_ports" => minor >= 27,
        "net.ipv4.tcp_keepalive_time" or "net.ipv4.tcp_fin_timeout" or "net.ipv4.tcp_keepalive_intvl" or "net.ipv4.tcp_keepalive_probes" => minor >= 29,
        "net.ipv4.tcp_rmem" or "net.ipv4.tcp_wmem" => minor >= 32,
        _ => false,
    };
}
