using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>What may change in a pod: images, deadlines, added tolerations, removed gates; while gated also where it may run.</summary>
internal static class PodUpdateValidator
{
    private const string MayChange = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

    public static void Validate(Pod pod, Pod old, FieldErrorList errors)
    {
        PodValidator.MetadataAndSpec(pod, errors);
        PodAnnotations.ValidateUpdate(pod, old, errors);
        var (spec, before) = (pod.Spec, old.Spec);
        if (spec.Equals(before))
        {
            return;
        }

        if (Containers(spec.Containers, before.Containers, "containers", errors) || Containers(spec.InitContainers, before.InitContainers, "initContainers", errors))
        {
            return;
        }

        if (spec.ActiveDeadlineSeconds is { } deadline)
        {
            if (deadline is < 0 or > int.MaxValue)
            {
                errors.Invalid(FieldPath.Spec, "activeDeadlineSeconds", deadline, "must be between 0 and 2147483647, inclusive");
                return;
            }

            if (before.ActiveDeadlineSeconds < deadline)
            {
                errors.Invalid(FieldPath.Spec, "activeDeadlineSeconds", deadline, "must be less than or equal to previous value");
                return;
            }
        }
        else if (before.ActiveDeadlineSeconds is not null)
        {
            errors.Invalid(FieldPath.Spec, "activeDeadlineSeconds", null, "must not update from a positive integer to nil value");
        }

        AddedTolerations(spec.Tolerations, before.Tolerations, errors);
        for (var i = 0; i < spec.SchedulingGates.Count; i++)
        {
            if (!before.SchedulingGates.Any(g => g.Name == spec.SchedulingGates[i].Name))
            {
                errors.Forbidden(FieldPath.Spec.Child("schedulingGates").Index(i), "name", $"only deletion is allowed, but found new scheduling gate '{spec.SchedulingGates[i].Name}'");
            }
        }

        var munged = Munge(spec, before, errors);
        if (!Semantic.Equal(munged, before))
        {
            errors.Forbidden(FieldPath.Spec, MayChange + UnifiedDiff.Of(before, munged));
        }
    }

    public static void EphemeralContainers(Pod pod, Pod old, FieldErrorList errors)
    {
        PodValidator.MetadataAndSpec(pod, errors);
        PodAnnotations.ValidateUpdate(pod, old, errors);
        if (old.Metadata.Annotations.ContainsKey("kubernetes.io/config.mirror"))
        {
            errors.Clear();
            errors.Forbidden(FieldPath.Root(""), "static pods do not support ephemeral containers");
            return;
        }

        var path = FieldPath.Spec.Child("ephemeralContainers");
        foreach (var container in old.Spec.EphemeralContainers)
        {
            var now = pod.Spec.EphemeralContainers.FirstOrDefault(c => c.Name == container.Name);
            if (now is null)
            {
                errors.Forbidden(path, $"existing ephemeral containers \"{container.Name}\" may not be removed\n");
            }
            else if (!Semantic.Equal(now, container))
            {
                errors.Forbidden(path, $"existing ephemeral containers \"{container.Name}\" may not be changed\n{UnifiedDiff.Of(container, now)}");
            }
        }
    }

    /// <returns>Whether the lists differ so much that nothing else is worth looking at.</returns>
    private static bool Containers(ApiList<Container> containers, ApiList<Container> old, string field, FieldErrorList errors)
    {
        if (containers.Count != old.Count)
        {
            errors.Forbidden(FieldPath.Spec, field, "pod updates may not add or remove containers");
            return true;
        }

        for (var i = 0; i < containers.Count; i++)
        {
            if (containers[i].Image.Length == 0)
            {
                errors.Missing(FieldPath.Spec.Child(field).Index(i), "image");
            }
            else if (containers[i].Image.Trim().Length != containers[i].Image.Length)
            {
                errors.Invalid(FieldPath.Spec.Child(field).Index(i), "image", containers[i].Image, "must not have leading or trailing whitespace");
            }
        }

        return false;
    }

    private static void AddedTolerations(ApiList<Toleration> tolerations, ApiList<Toleration> old, FieldErrorList errors)
    {
        foreach (var toleration in old)
        {
            var found = tolerations.Any(t => (t with { TolerationSeconds = null }).Equals(toleration with { TolerationSeconds = null }));
            if (!found)
            {
                errors.Forbidden(FieldPath.Spec, "tolerations", "existing toleration can not be modified except its tolerationSeconds");
                return;
            }
        }

        AffinityValidator.Tolerations(tolerations, FieldPath.Spec, errors);
    }

    /// <summary>The new spec with everything put back that may change, so that what still differs may not.</summary>
    private static PodSpec Munge(PodSpec spec, PodSpec old, FieldErrorList errors)
    {
        var munged = spec with
        {
            Containers = WithImages(spec.Containers, old.Containers),
            InitContainers = WithImages(spec.InitContainers, old.InitContainers),
            ActiveDeadlineSeconds = old.ActiveDeadlineSeconds,
            Tolerations = old.Tolerations,
            SchedulingGates = old.SchedulingGates,
        };
        if (old.TerminationGracePeriodSeconds < 0 && spec.TerminationGracePeriodSeconds == 1)
        {
            munged.Set(PodSpec.Fields.TerminationGracePeriodSeconds, old.TerminationGracePeriodSeconds);
        }

        if (old.SchedulingGates.Count == 0)
        {
            return munged;
        }

        if (!Semantic.Equal(spec.NodeSelector, old.NodeSelector))
        {
            var onlyAdded = true;
            foreach (var (key, value) in old.NodeSelector)
            {
                onlyAdded &= spec.NodeSelector.TryGetValue(key, out var now) && now == value;
            }

            if (!onlyAdded)
            {
                errors.Invalid(FieldPath.Spec, "nodeSelector", spec.NodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
            }

            munged = munged with { NodeSelector = old.NodeSelector };
        }

        return GatedAffinityValidator.PutBack(munged, old, errors);
    }

    private static ApiList<Container> WithImages(ApiList<Container> containers, ApiList<Container> old) =>
        containers.Select((c, i) => i < old.Count && c.Image != old[i].Image ? c with { Image = old[i].Image } : c).ToApiList();
}
