using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Annotations that mean something to pods.</summary>
internal static class PodAnnotations
{
    private const string Mirror = "kubernetes.io/config.mirror";
    private const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    public static void Validate(ApiMap<string> annotations, PodSpec spec, FieldPath path, FieldErrorList errors)
    {
        if (annotations.Count == 0)
        {
            return;
        }

        if (annotations.TryGetValue(Mirror, out var mirror) && spec.NodeName.Length == 0)
        {
            errors.Invalid(path.Key(Mirror), mirror, "must set spec.nodeName if mirror pod annotation is set");
        }

        if (annotations.TryGetValue(DeletionCost, out var cost) && !IsCost(cost))
        {
            errors.Invalid(path.Key(DeletionCost), cost, "must be a 32bit integer");
        }

        SeccompAnnotations.Validate(annotations, path, errors);
        AppArmorAnnotations.Validate(annotations, spec, path, errors);
    }

    /// <summary>Annotations that are fixed with the pod; then all the rules of a new pod once more, as upstream has it.</summary>
    public static void ValidateUpdate(Pod pod, Pod old, FieldErrorList errors)
    {
        var path = FieldPath.Metadata.Child("annotations");
        foreach (var (key, before) in old.Metadata.Annotations)
        {
            if (Name(key) is { } name && !(pod.Metadata.Annotations.TryGetValue(key, out var now) && now == before))
            {
                errors.Forbidden(path.Key(key), $"may not remove or update {name}");
            }
        }

        foreach (var (key, _) in pod.Metadata.Annotations)
        {
            if (Name(key) is { } name && !old.Metadata.Annotations.ContainsKey(key))
            {
                errors.Forbidden(path.Key(key), $"may not add {name}");
            }
        }

        Validate(pod.Metadata.Annotations, pod.Spec, path, errors);

        static string? Name(string key) => key == Mirror ? "mirror pod annotation" : key.StartsWith(AppArmorAnnotations.Prefix, StringComparison.Ordinal) ? "AppArmor annotations" : null;
    }

    /// <summary>A number without a plus sign and leading zeros.</summary>
    private static bool IsCost(string text) => text.Length > 0 && (text[0] is '-' or (>= '1' and <= '9') || text == "0")
        && int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out _);
}
