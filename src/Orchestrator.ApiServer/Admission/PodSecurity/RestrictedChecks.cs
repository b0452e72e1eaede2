using Orchestrator.Api.Core.V1;
using static Orchestrator.ApiServer.Admission.PodSecurity.CheckTexts;

namespace Orchestrator.ApiServer.Admission.PodSecurity;

/// <summary>The checks that the restricted level adds, in the order in which upstream reports them.</summary>
internal static class RestrictedChecks
{
    public static SecurityViolation? AllowPrivilegeEscalation(PodUnderCheck pod)
    {
        if (pod.Minor < 8 || (pod.Minor >= 25 && pod.IsWindows))
        {
            return null;
        }

        var bad = pod.Containers.Where(static c => c.Security?.AllowPrivilegeEscalation != false).Select(static c => c.Name).ToArray();
        return bad.Length == 0 ? null : new("allowPrivilegeEscalation != false", $"{Containers(bad)} must set securityContext.allowPrivilegeEscalation=false");
    }

    public static SecurityViolation? Capabilities(PodUnderCheck pod)
    {
        if (pod.Minor >= 25 && pod.IsWindows)
        {
            return null;
        }

        List<string> keeping = [], adding = [];
        var forbidden = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var container in pod.Containers)
        {
            var capabilities = container.Security?.Capabilities;
            if (capabilities?.Drop.Contains("ALL") != true)
            {
                keeping.Add(container.Name);
            }

            var added = (capabilities?.Add ?? []).Where(static c => c != "NET_BIND_SERVICE").ToArray();
            if (added.Length > 0)
            {
                adding.Add(container.Name);
                forbidden.UnionWith(added);
            }
        }

        var details = new List<string>();
        if (keeping.Count > 0)
        {
            details.Add($"{Containers(keeping)} must set securityContext.capabilities.drop=[\"ALL\"]");
        }

        if (adding.Count > 0)
        {
            details.Add($"{Containers(adding)} must not include {Quoted(forbidden)} in securityContext.capabilities.add");
        }

        return details.Count == 0 ? null : new("unrestricted capabilities", string.Join("; ", details));
    }

    public static SecurityViolation? Volumes(PodUnderCheck pod)
    {
        var volumes = new List<string>();
        var types = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var volume in pod.Spec.Volumes)
        {
            if (RestrictedType(volume) is { } type)
            {
                volumes.Add(volume.Name);
                types.Add(type);
            }
        }

        return volumes.Count == 0 ? null : new(
            "restricted volume types",
            $"{(volumes.Count == 1 ? "volume" : "volumes")} {Quoted(volumes)} {(volumes.Count == 1 ? "uses" : "use")} restricted volume {(types.Count == 1 ? "type" : "types")} {Quoted(types)}");
    }

    public static SecurityViolation? RunAsNonRoot(PodUnderCheck pod)
    {
        if (pod.HasOwnUsers)
        {
            return null;
        }

        var setters = new List<string>();
        var forPod = pod.Security?.RunAsNonRoot;
        if (forPod == false)
        {
            setters.Add("pod");
        }

        AddContainers(setters, pod.Containers.Where(static c => c.Security?.RunAsNonRoot == false).Select(static c => c.Name).ToArray());
        if (setters.Count > 0)
        {
            return new("runAsNonRoot != true", $"{string.Join(" and ", setters)} must not set securityContext.runAsNonRoot=false");
        }

        var silent = forPod == true ? [] : pod.Containers.Where(static c => c.Security?.RunAsNonRoot is null).Select(static c => c.Name).ToArray();
        return silent.Length == 0 ? null : new("runAsNonRoot != true", $"pod or {Containers(silent)} must set securityContext.runAsNonRoot=true");
    }

    public static SecurityViolation? RunAsUser(PodUnderCheck pod)
    {
        if (pod.Minor < 23 || pod.HasOwnUsers)
        {
            return null;
        }

        var setters = new List<string>();
        if (pod.Security?.RunAsUser == 0)
        {
            setters.Add("pod");
        }

        AddContainers(setters, pod.Containers.Where(static c => c.Security?.RunAsUser == 0).Select(static c => c.Name).ToArray());
        return setters.Count == 0 ? null : new("runAsUser=0", $"{string.Join(" and ", setters)} must not set runAsUser=0");
    }

    public static SecurityViolation? SeccompProfile(PodUnderCheck pod)
    {
        if (pod.Minor < 19 || (pod.Minor >= 25 && pod.IsWindows))
        {
            return null;
        }

        if (BaselineChecks.ForbiddenSeccomp(pod, new SortedSet<string>(StringComparer.Ordinal)) is { } detail)
        {
            return new("seccompProfile", detail);
        }

        var silent = pod.Security?.SeccompProfile is not null ? [] : pod.Containers.Where(static c => c.Security?.SeccompProfile is null).Select(static c => c.Name).ToArray();
        return silent.Length == 0 ? null : new(
            "seccompProfile", $"pod or {Containers(silent)} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    }

    /// <summary>The kind of a volume that is not among the allowed ones; null if it is.</summary>
    private static string? RestrictedType(Volume volume)
    {
        if (volume.ConfigMap is not null || volume.Csi is not null || volume.DownwardAPI is not null || volume.EmptyDir is not null || volume.Ephemeral is not null
            || volume.PersistentVolumeClaim is not null || volume.Projected is not null || volume.Secret is not null || volume.Image is not null)
        {
            return null;
        }

        foreach (var field in Volume.ApiType.FieldList)
        {
            if (field.Name != "name" && volume.GetSlot(field.Ordinal) is not null)
            {
                return field.Name;
            }
        }

        return "unknown";
    }
}
