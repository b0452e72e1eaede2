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

        if (annotations.TryGetValue("scheduler.alpha.kubernetes.io/tolerations", out _))
        {
            // An alpha annotation that nothing reads any more.
        }

        AppArmorAnnotations.Validate(annotations, spec, path, errors);
        if (annotations.TryGetValue(DeletionCost, out var cost) && !IsCost(cost))
        {
            errors.Invalid(path.Key(DeletionCost), cost, "must be a 32bit integer");
        }
    }

    /// <summary>The mirror annotation says that a pod is a kubelet's own; nobody may make it so or otherwise.</summary>
    public static void ValidateUpdate(Pod pod, Pod old, FieldErrorList errors)
    {
        var path = FieldPath.Metadata.Child("annotations");
        foreach (var key in (string[])[Mirror])
        {
            var has = pod.Metadata.Annotations.TryGetValue(key, out var value);
            var had = old.Metadata.Annotations.TryGetValue(key, out var before);
            if (has != had || value != before)
            {
                errors.Forbidden(path.Key(key), "may not be set, updated, or removed");
            }
        }
    }

    private static bool IsCost(string text) => int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var cost)
        && text == cost.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
