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
    private static readonly (string Key, string Text)[] Annotations =
    [
        ("scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead"),
        ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
        ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ];

    private static readonly string[] ByteResources = ["memory", "ephemeral-storage"];

    private const string NullSelector = ": a null labelSelector results in matching no pod";
    private const string SeccompText = "non-functional in v1.27+; use the \"seccompProfile\" field instead";

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

        Look(null, pod.Metadata, pod.Spec, old?.Spec, warnings);
    }

    public static void ForTemplate(PodTemplateSpec template, FieldPath path, PodTemplateSpec? old, List<string> warnings) =>
        Look(path, template.Metadata, template.Spec, old?.Spec, warnings);

    /// <summary>Names that end up in pods' names and hostnames, where dots surprise.</summary>
    public static void ForWorkloadName(ObjectMeta meta, bool isCreate, List<string> warnings)
    {
        if (isCreate && !Formats.IsDnsLabel(meta.Name) && Formats.DnsLabel(meta.Name) is { Count: > 0 } faults)
        {
            warnings.Add("metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: ["
                + string.Join(" ", faults) + "]");
        }
    }

    private static void Look(FieldPath? root, ObjectMeta meta, PodSpec spec, PodSpec? old, List<string> warnings)
    {
        if (old is not null && ReferenceEquals(old, spec))
        {
            return;
        }

        foreach (var (key, _) in spec.NodeSelector)
        {
            if (NodeLabelWarnings.TextOf(key) is { } text)
            {
                warnings.Add($"{Path("spec", "nodeSelector").Key(key)}: {text}");
            }
        }

        // One delegate: pods are created by the thousand, and what follows asks for paths only where it warns.
        Func<string, string, FieldPath> at = Path;
        NodeTerms(spec.Affinity?.NodeAffinity, at, warnings);
        Spread(spec, at, warnings);
        foreach (var (key, text) in Annotations)
        {
            if (meta.Annotations.ContainsKey(key))
            {
                warnings.Add($"{Path("metadata", "annotations").Key(key)}: {text}");
            }
        }

        Volumes(spec, at, warnings);
        ProjectedPathWarnings.Add(spec, warnings);
        Duplicates(spec, at, warnings);
        foreach (var name in ByteResources)
        {
            if (IsFractional(spec.Overhead, name, out var quantity))
            {
                warnings.Add(FractionalText(at("spec", "overhead"), name, quantity));
            }
        }

        if (spec.SecurityContext?.SeccompProfile is null && meta.Annotations.ContainsKey(SeccompAnnotations.Pod))
        {
            warnings.Add($"{Path("metadata", "annotations").Key(SeccompAnnotations.Pod)}: {SeccompText}");
        }

        foreach (var (container, path) in AllContainers.Of(spec, root.Sub("spec")))
        {
            if (meta.Annotations.Count > 0)
            {
                AnnotationsOf(container, meta, spec, isTemplate: root is not null, at, warnings);
            }

            Fractional(container.Resources, path, warnings);
            HiddenVariables(container.Env, path, warnings);
        }

        PortWarnings.Add(spec, root.Sub("spec"), warnings);
        if (spec.TerminationGracePeriodSeconds < 0)
        {
            warnings.Add($"{Path("spec", "terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1");
        }

        PodTerms(spec.Affinity, at, warnings);

        FieldPath Path(string first, string second) => root.Sub(first).Child(second);
    }

    private static void NodeTerms(NodeAffinity? affinity, Func<string, string, FieldPath> path, List<string> warnings)
    {
        if (affinity is null)
        {
            return;
        }

        var at = path("spec", "affinity").Child("nodeAffinity");
        var required = affinity.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [];
        for (var i = 0; i < required.Count; i++)
        {
            NodeLabelWarnings.Term(required[i], false, at.Child("requiredDuringSchedulingIgnoredDuringExecution").Child("nodeSelectorTerms").Index(i), warnings);
        }

        // A preference may have label values that no node can have: that is only warned of.
        for (var i = 0; i < affinity.PreferredDuringSchedulingIgnoredDuringExecution.Count; i++)
        {
            var preference = affinity.PreferredDuringSchedulingIgnoredDuringExecution[i].Preference;
            NodeLabelWarnings.Term(preference, true, at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("preference"), warnings);
        }
    }

    private static void Spread(PodSpec spec, Func<string, string, FieldPath> path, List<string> warnings)
    {
        for (var i = 0; i < spec.TopologySpreadConstraints.Count; i++)
        {
            var constraint = spec.TopologySpreadConstraints[i];
            var at = path("spec", "topologySpreadConstraints").Index(i);
            if (NodeLabelWarnings.TextOf(constraint.TopologyKey) is { } text)
            {
                warnings.Add($"{at.Child("topologyKey")}: {constraint.TopologyKey} is {text}");
            }

            if (constraint.LabelSelector is null)
            {
                warnings.Add(at.Child("labelSelector") + NullSelector);
            }
        }
    }

    private static void Volumes(PodSpec spec, Func<string, string, FieldPath> path, List<string> warnings)
    {
        for (var i = 0; i < spec.Volumes.Count; i++)
        {
            var volume = spec.Volumes[i];
            foreach (var (slot, text) in DeadVolumes)
            {
                if (slot == Volume.Fields.Cephfs && volume.Ephemeral?.VolumeClaimTemplate is { } template)
                {
                    ClaimWarnings.Add(template.Spec, path("spec", "volumes").Index(i).Child("ephemeral").Child("volumeClaimTemplate").Child("spec"), warnings);
                }

                if (volume.Slots[slot] is not null)
                {
                    warnings.Add($"{path("spec", "volumes").Index(i).Child(slot == Volume.Fields.Storageos ? "storageOS" : volume.TypeSchema.Fields[slot].Name)}: {text}");
                }
            }
        }
    }

    private static void Duplicates(PodSpec spec, Func<string, string, FieldPath> path, List<string> warnings)
    {
        for (var i = 1; i < spec.HostAliases.Count; i++)
        {
            if (spec.HostAliases.Take(i).Any(a => a.Ip == spec.HostAliases[i].Ip))
            {
                warnings.Add($"{path("spec", "hostAliases").Index(i).Child("ip")}: duplicate ip {GoText.Quote(spec.HostAliases[i].Ip)}");
            }
        }

        var secrets = spec.ImagePullSecrets;
        for (var i = 1; i < secrets.Count; i++)
        {
            if (secrets.Take(i).Any(s => s.Name == secrets[i].Name))
            {
                warnings.Add($"{path("spec", "imagePullSecrets").Index(i).Child("name")}: duplicate name {GoText.Quote(secrets[i].Name)}");
            }
        }

        for (var i = 0; i < secrets.Count; i++)
        {
            if (secrets[i].Name.Length == 0)
            {
                warnings.Add($"{path("spec", "imagePullSecrets").Index(i).Child("name")}: invalid empty name \"\"");
            }
        }
    }

    private static void AnnotationsOf(Container container, ObjectMeta meta, PodSpec spec, bool isTemplate, Func<string, string, FieldPath> path, List<string> warnings)
    {
        if (container.SecurityContext?.SeccompProfile is null && ContainerAnnotations.Any(meta.Annotations, SeccompAnnotations.Prefix) && meta.Annotations.ContainsKey(SeccompAnnotations.Prefix + container.Name))
        {
            warnings.Add($"{path("metadata", "annotations").Key(SeccompAnnotations.Prefix + container.Name)}: {SeccompText}");
        }

        // Of pods it is warned where the annotation becomes a field.
        if (isTemplate && spec.SecurityContext?.AppArmorProfile is null && container.SecurityContext?.AppArmorProfile is null
            && meta.Annotations.ContainsKey(AppArmorAnnotations.Prefix + container.Name))
        {
            warnings.Add($"{path("metadata", "annotations").Key(AppArmorAnnotations.Prefix + container.Name)}: {AppArmorAnnotations.Deprecated}");
        }
    }

    private static void Fractional(ResourceRequirements resources, FieldPath container, List<string> warnings)
    {
        foreach (var name in ByteResources)
        {
            if (IsFractional(resources.Limits, name, out var limit))
            {
                warnings.Add(FractionalText(container.Child("resources", "limits"), name, limit));
            }

            if (IsFractional(resources.Requests, name, out var request))
            {
                warnings.Add(FractionalText(container.Child("resources", "requests"), name, request));
            }
        }
    }

    private static bool IsFractional(ApiMap<Quantity> list, string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Quantity? quantity) => list.TryGetValue(name, out quantity) && quantity.MilliValue % 1000 != 0;

    private static string FractionalText(FieldPath list, string name, Quantity quantity) =>
        $"{list.Key(name)}: fractional byte value {GoText.Quote(quantity.ToString())} is invalid, must be an integer";

    private static void HiddenVariables(ApiList<EnvVar> variables, FieldPath container, List<string> warnings)
    {
        for (var i = 1; i < variables.Count; i++)
        {
            var variable = variables[i];
            if (!HasBefore(variables, i, variable.Name))
            {
                continue;
            }

            // A variable that builds on the one it hides is meant so.
            var reference = $"$({variable.Name})";
            if (variable.ValueFrom is not null || variable.Value == reference || !variable.Value.Contains(reference, StringComparison.Ordinal))
            {
                warnings.Add($"{container.Child("env").Index(i)}: hides previous definition of {GoText.Quote(variable.Name)}, which may be dropped when using apply");
            }
        }
    }

    private static bool HasBefore(ApiList<EnvVar> variables, int end, string name)
    {
        for (var i = 0; i < end; i++)
        {
            if (variables[i].Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private static void PodTerms(Affinity? affinity, Func<string, string, FieldPath> path, List<string> warnings)
    {
        Terms(affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, "podAffinity");
        Terms(affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution, "podAntiAffinity");

        void Terms(ApiList<PodAffinityTerm>? required, ApiList<WeightedPodAffinityTerm>? preferred, string kind)
        {
            for (var i = 0; i < required?.Count; i++)
            {
                if (required[i].LabelSelector is null)
                {
                    warnings.Add(path("spec", "affinity").Child(kind).Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i).Child("labelSelector") + NullSelector);
                }
            }

            for (var i = 0; i < preferred?.Count; i++)
            {
                if (preferred[i].PodAffinityTerm.LabelSelector is null)
                {
                    warnings.Add(path("spec", "affinity").Child(kind).Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm").Child("labelSelector") + NullSelector);
                }
            }
        }
    }
}
