using Orchestrator.Api;

namespace Orchestrator.Agent.Pods.Containers;

/// <summary>The security context of a container, from its own and its pod's.</summary>
internal static class ContainerSecurity
{
    // What runtimes hide by default; named here because procMount decides whether they are asked to.
    private static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>The user that a container runs as, as far as the API says.</summary>
    public static long? RunAsUser(Pod pod, Container container) => container.SecurityContext?.RunAsUser ?? pod.Spec.SecurityContext?.RunAsUser;

    /// <summary>Why a container that must not run as root would; null if it does not.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="imageUid">The numeric user of the image, if it has one.</param>
    /// <param name="imageUser">The named user of the image, if it has one.</param>
    public static string? NonRootViolation(Pod pod, Container container, long? imageUid, string imageUser)
    {
        if ((container.SecurityContext?.RunAsNonRoot ?? pod.Spec.SecurityContext?.RunAsNonRoot) != true)
        {
            return null;
        }

        var where = $"(pod: \"{pod.Text}\", container: {container.Name})";
        return (RunAsUser(pod, container), imageUid, imageUser) switch
        {
            (0, _, _) => $"container's runAsUser breaks non-root policy {where}",
            (not null, _, _) => null,
            (_, 0, _) => $"container has runAsNonRoot and image will run as root {where}",
            (_, not null, _) => null,
            (_, _, { Length: > 0 }) => $"container has runAsNonRoot and image has non-numeric user ({imageUser}), cannot verify user is non-root {where}",
            _ => $"container has runAsNonRoot and image will run as root {where}",
        };
    }

    /// <summary>The security context for the runtime.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="imageUid">The numeric user of the image, if it has one.</param>
    /// <param name="imageUser">The named user of the image, if it has one.</param>
    /// <param name="users">The pod's user namespace.</param>
    /// <param name="seccompFile">Where a localhost profile is.</param>
    /// <param name="targetContainerId">The container whose processes an ephemeral container sees, or empty.</param>
    public static Cri.LinuxContainerSecurityContext Build(
        Pod pod, Container container, long? imageUid, string imageUser, Cri.UserNamespace users, Func<string, string> seccompFile, string targetContainerId)
    {
        var own = container.SecurityContext;
        var ofPod = pod.Spec.SecurityContext;
        var privileged = own?.Privileged == true;
        var context = new Cri.LinuxContainerSecurityContext
        {
            Privileged = privileged,
            ReadonlyRootfs = own?.ReadOnlyRootFilesystem == true,
            NamespaceOptions = SandboxConfigBuilder.Namespaces(pod, users),
            NoNewPrivs = own?.AllowPrivilegeEscalation == false,
            Seccomp = Profile(own?.SeccompProfile ?? ofPod?.SeccompProfile, privileged, seccompFile),
            SupplementalGroupsPolicy = ofPod?.SupplementalGroupsPolicy == "Strict" ? Cri.SupplementalGroupsPolicy.Strict : Cri.SupplementalGroupsPolicy.Merge,
        };
        if (targetContainerId.Length > 0)
        {
            context.NamespaceOptions.Pid = Cri.NamespaceMode.Target;
            context.NamespaceOptions.TargetId = targetContainerId;
        }

        if (own?.Capabilities is { } capabilities)
        {
            context.Capabilities = new() { AddCapabilities = { capabilities.Add }, DropCapabilities = { capabilities.Drop } };
        }

        if (RunAsUser(pod, container) is { } user)
        {
            context.RunAsUser = new() { Value = user };
        }
        else if (imageUid is { } uid)
        {
            context.RunAsUser = new() { Value = uid };
        }
        else
        {
            context.RunAsUsername = imageUser;
        }

        if ((own?.RunAsGroup ?? ofPod?.RunAsGroup) is { } group)
        {
            context.RunAsGroup = new() { Value = group };
        }

        context.SupplementalGroups.Add(ofPod?.SupplementalGroups ?? ApiList<long>.Empty);
        if (ofPod?.FsGroup is { } fsGroup)
        {
            context.SupplementalGroups.Add(fsGroup);
        }

        if ((own?.SeLinuxOptions ?? ofPod?.SeLinuxOptions) is { } selinux)
        {
            context.SelinuxOptions = SELinux(selinux);
        }

        if (!privileged && own?.ProcMount != "Unmasked")
        {
            context.MaskedPaths.Add(MaskedPaths);
            context.ReadonlyPaths.Add(ReadonlyPaths);
        }

        return context;
    }

    public static Cri.SELinuxOption SELinux(SELinuxOptions options) =>
        new() { User = options.User, Role = options.Role, Type = options.Type, Level = options.Level };

    private static Cri.SecurityProfile Profile(SeccompProfile? profile, bool privileged, Func<string, string> file) => profile switch
    {
        { Type: "RuntimeDefault" } => new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
        { Type: "Localhost", LocalhostProfile: { Length: > 0 } name } when !privileged =>
            new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.Localhost, LocalhostRef = file(name) },
        _ => new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.Unconfined },
    };
}
