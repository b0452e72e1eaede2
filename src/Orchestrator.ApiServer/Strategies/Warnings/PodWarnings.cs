using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Pods;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>What is allowed in a pod or pod template, but hardly meant: deprecated fields and annotations, duplicates, values that do nothing.</summary>
internal static class PodWarnings
{
    private static readonly (string Key, string Text)[] NodeLabels =
    [
        ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
        ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
        ("failure-domain.beta.kubernetes.io/region", "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"),
        ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
        ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ];

    private static readonly (string Key, string Text)[] Annotations =
    [
        ("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead"),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("seccomp.security.alpha.kubernetes.io/pod", "non-functional in v1.27+; use the \"seccompProfile\" field instead"),
    ];

    private static readonly (int Slot, string Text)[] DeadVolumes =
    [
        (Volume.Fields.PhotonPersistentDisk, "deprecated in v1.11, non-functional in v1.16+"),
        (Volume.Fields.GitRepo, "deprecated in v1.11, and disabled by default in v1.33+"),
        (Volume.Fields.ScaleIO, "deprecated in v1.16, non-functional in v1.22+"),
        (Volume.Fields.Flocker, "deprecated in v1.22, non-functional in v1.25+"),
        (Volume.Fields.Storageos, "deprecated in v1.22, non-functional in v1.25+"),
        (Volume.Fields.Quobyte, "deprecated in v1.22, non-functional in v1.25+"),
        (Volume.Fields.Glusterfs, "deprecated in v1.25, non-functional in v1.26+"),
        (Volume.Fields.Cephfs, "deprecated in v1.28, non-functional in v1.31+"),
        (Volume.Fields.Rbd, "deprecated in v1.28, non-functional in v1.31+"),
    ];

    public static void ForPod(Pod pod, Pod? old, List<string> warnings)
    {
        if (old is null && pod.Metadata.Name.Contains('.', StringComparison.Ordinal) && Formats.DnsLabel(pod.Metadata.Name) is { Count: > 0 } faults)
        {
            warnings.Add("metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: ["
                + string.Join(" ", faults) + "]");
        }

        Look(null, pod.Metadata, pod.Spec, old?.Metadata, old?.Spec, warnings);
    }

    public static void ForTemplate(PodTemplateSpec template, FieldPath path, PodTemplateSpec? old, List<string> warnings) =>
        Look(path, template.Metadata, template.Spec, old?.Metadata, old?.Spec, warnings);

    /// <summary>Names that end up in pods' names and hostnames, where dots surprise.</summary>
    public static void ForWorkloadName(ObjectMeta meta, bool isCreate, List<string> warnings)
    {
        if (isCreate && !Formats.IsDnsLabel(meta.Name) && Formats.DnsLabel(meta.Name) is { Count: > 0 } faults)
        {
            warnings.Add("metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: ["
                + string.Join(" ", faults) + "]");
        }
    }

    private static void Look(FieldPath? root, ObjectMeta meta, PodSpec spec, ObjectMeta? oldMeta, PodSpec? old, List<string> warnings)
    {
        if (old is not null && ReferenceEquals(old, spec))
        {
            return;
        }

        foreach (var (key, text) in NodeLabels)
        {
            if (spec.NodeSelector.Count > 0 && spec.NodeSelector.ContainsKey(key))
            {
                warnings.Add($"{Path("spec", "nodeSelector").Key(key)}: {text}");
            }
        }

        NullSelectors(spec, Path, warnings);
        AnnotationsOf(meta, spec, oldMeta, Path, warnings);
        for (var i = 0; i < spec.HostAliases.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (spec.HostAliases[j].Ip == spec.HostAliases[i].Ip)
                {
                    warnings.Add($"{Path("spec", "hostAliases").Index(i).Child("ip")}: duplicate ip {GoText.Quote(spec.HostAliases[i].Ip)}");
                    break;
                }
            }
        }

        for (var i = 0; i < spec.ImagePullSecrets.Count; i++)
        {
            var name = spec.ImagePullSecrets[i].Name;
            if (name.Length == 0)
            {
                warnings.Add($"{Path("spec", "imagePullSecrets").Index(i).Child("name")}: invalid empty name {GoText.Quote(name)}");
            }
            else if (spec.ImagePullSecrets.Take(i).Any(s => s.Name == name))
            {
                warnings.Add($"{Path("spec", "imagePullSecrets").Index(i).Child("name")}: duplicate name {GoText.Quote(name)}");
            }
        }

        Volumes(spec, Path, warnings);
        ProjectedPathWarnings.Add(spec, warnings);
        foreach (var (containers, field) in new[] { (spec.InitContainers, "initContainers"), (spec.Containers, "containers") })
        {
            for (var i = 0; i < containers.Count; i++)
            {
                ContainerOf(containers[i], field, i, Path, warnings);
            }
        }

        PortWarnings.Add(spec, Path, warnings);
        if (spec.TerminationGracePeriodSeconds < 0)
        {
            warnings.Add($"{Path("spec", "terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1");
        }

        FieldPath Path(string first, string second) => root.Sub(first).Child(second);
    }

    private static void NullSelectors(PodSpec spec, Func<string, string, FieldPath> path, List<string> warnings)
    {
        const string Text = ": a null labelSelector results in matching no pod";
        for (var i = 0; i < spec.TopologySpreadConstraints.Count; i++)
        {
            var constraint = spec.TopologySpreadConstraints[i];
            foreach (var (key, text) in NodeLabels)
            {
                if (constraint.TopologyKey == key)
                {
                    warnings.Add($"{path("spec", "topologySpreadConstraints").Index(i).Child("topologyKey")}: {key} is {text}");
                }
            }

            if (constraint.LabelSelector is null)
            {
                warnings.Add(path("spec", "topologySpreadConstraints").Index(i).Child("labelSelector") + Text);
            }
        }

        if (spec.Affinity is null)
        {
            return;
        }

        Terms(spec.Affinity.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, spec.Affinity.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, "podAffinity");
        Terms(spec.Affinity.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, spec.Affinity.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, "podAntiAffinity");

        void Terms(ApiList<PodAffinityTerm>? required, ApiList<WeightedPodAffinityTerm>? preferred, string kind)
        {
            for (var i = 0; i < required?.Count; i++)
            {
                if (required[i].LabelSelector is null)
                {
                    warnings.Add(path("spec", "affinity").Child(kind).Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i).Child("labelSelector") + Text);
                }
            }

            for (var i = 0; i < preferred?.Count; i++)
            {
                if (preferred[i].PodAffinityTerm.LabelSelector is null)
                {
                    warnings.Add(path("spec", "affinity").Child(kind).Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm").Child("labelSelector") + Text);
                }
            }
        }
    }

    private static void AnnotationsOf(ObjectMeta meta, PodSpec spec, ObjectMeta? old, Func<string, string, FieldPath> path, List<string> warnings)
    {
        if (meta.Annotations.Count == 0)
        {
            return;
        }

        foreach (var (key, text) in Annotations)
        {
            if (meta.Annotations.ContainsKey(key) && (key != "seccomp.security.alpha.kubernetes.io/pod" || spec.SecurityContext?.SeccompProfile is null))
            {
                Warn(key, text);
            }
        }

        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            if (meta.Annotations.ContainsKey("container.seccomp.security.alpha.kubernetes.io/" + container.Name) && container.SecurityContext?.SeccompProfile is null)
            {
                Warn("container.seccomp.security.alpha.kubernetes.io/" + container.Name, "non-functional in v1.27+; use the \"seccompProfile\" field instead");
            }
        }

        foreach (var (key, _) in meta.Annotations)
        {
            if (key.StartsWith(AppArmorAnnotations.Prefix, StringComparison.Ordinal) && old is null)
            {
                Warn(key, "deprecated since v1.30; use the \"appArmorProfile\" field instead");
            }
        }

        void Warn(string key, string text) => warnings.Add($"{path("metadata", "annotations").Key(key)}: {text}");
    }

    private static void Volumes(PodSpec spec, Func<string, string, FieldPath> path, List<string> warnings)
    {
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            var volume = spec.Volumes[i];
            foreach (var (slot, text) in DeadVolumes)
            {
                if (volume.Slots[slot] is not null)
                {
                    warnings.Add($"{path("spec", "volumes").Index(i).Child(slot == Volume.Fields.Storageos ? "storageOS" : volume.TypeSchema.Fields[slot].Name)}: {text}");
                }
            }

            if (volume.Ephemeral?.VolumeClaimTemplate is { } template)
            {
                ClaimWarnings.Add(template.Spec, path("spec", "volumes").Index(i).Child("ephemeral").Child("volumeClaimTemplate").Child("spec"), warnings);
            }
        }
    }

    private static void ContainerOf(Container container, string field, int index, Func<string, string, FieldPath> path, List<string> warnings)
    {
        Fractional(container.Resources.Limits, "limits");
        Fractional(container.Resources.Requests, "requests");
        for (var i = 1; i < container.Env.Count; i++)
        {
            for (var j = i - 1; j >= 0; j--)
            {
                if (container.Env[j].Name != container.Env[i].Name)
                {
                    continue;
                }

                if (!References(container.Env[i], container.Env[j].Name))
                {
                    warnings.Add($"{path("spec", field).Index(index).Child("env").Index(i)}: hides previous definition of {GoText.Quote(container.Env[i].Name)}, which may be dropped when using apply");
                }

                break;
            }
        }

        void Fractional(ApiMap<Quantity> list, string kind)
        {
            foreach (var name in (ReadOnlySpan<string>)["memory", "ephemeral-storage"])
            {
                if (list.TryGetValue(name, out var quantity) && quantity.MilliValue % 1000 != 0)
                {
                    warnings.Add($"{path("spec", field).Index(index).Child("resources").Child(kind).Key(name)}: fractional byte value {GoText.Quote(quantity.ToString())} is invalid, must be an integer");
                }
            }
        }
    }

    /// <summary>A variable that builds on the one it hides is meant so.</summary>
    private static bool References(EnvVar variable, string name) => variable.Value.Contains($"$({name})", StringComparison.Ordinal);
}
