using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.PodTolerations;

/// <summary>Pods get the tolerations of their namespace, and may have no others than those that it allows.</summary>
internal sealed class PodTolerationRestriction(IObjectLister objects, PodTolerationOptions options) : IMutatingAdmission, IValidatingAdmission
{
    private const string DefaultAnnotation = "scheduler.alpha.kubernetes.io/defaultTolerations";
    private const string AllowedAnnotation = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";

    private static readonly Toleration MemoryPressure = new() { Key = "node.kubernetes.io/memory-pressure", Operator = "Exists", Effect = "NoSchedule" };

    public string Name => "PodTolerationRestriction";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        IReadOnlyList<Toleration> tolerations = pod.Spec.Tolerations;
        if (attributes.Operation == AdmissionOperation.Create && (OfNamespace(attributes.Namespace, DefaultAnnotation) ?? options.Default) is { Count: > 0 } defaults)
        {
            tolerations = tolerations.Count > 0 ? TolerationMerge.Merge(defaults, tolerations) : defaults;
        }

        if (Asks(pod.Spec))
        {
            // What is not best effort is not to be kept off a node that is short of memory.
            tolerations = TolerationMerge.Merge(tolerations, [MemoryPressure]);
        }

        if (!tolerations.SequenceEqual(pod.Spec.Tolerations))
        {
            pod.Own<PodSpec>(Pod.Fields.Spec).Set(PodSpec.Fields.Tolerations, tolerations.ToApiList());
        }

        return ValidateAsync(attributes, cancellationToken);
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod { Spec.Tolerations: { Count: > 0 } tolerations })
        {
            return default;
        }

        var own = OfNamespace(attributes.Namespace, AllowedAnnotation);
        var allowed = own ?? options.Allowed;
        if (allowed is { Count: > 0 } && !tolerations.All(t => allowed.Any(a => TolerationMerge.Covers(a, t))))
        {
            // No refusal by upstream's types, but an error of its own.
            throw Errors.Make(
                500, "", $"pod tolerations (possibly merged with namespace default tolerations) conflict with its {(own is null ? "cluster" : "namespace")} whitelist", null);
        }

        return default;
    }

    private static bool Asks(PodSpec spec) =>
        spec.Containers.Concat(spec.InitContainers).Any(static c => Asks(c.Resources)) || (spec.Resources is { } whole && Asks(whole));

    private static bool Asks(ResourceRequirements resources) =>
        resources.Requests.Concat(resources.Limits).Any(static a => a.Key is "cpu" or "memory" && a.Value.Sign > 0);

    /// <summary>What the namespace's annotation says; null if it has none.</summary>
    private IReadOnlyList<Toleration>? OfNamespace(string name, string annotation)
    {
        if (objects.Get<Namespace>("", name)?.Metadata.Annotations.GetValueOrDefault(annotation) is not { } text)
        {
            return null;
        }

        if (text.Length == 0)
        {
            return [];
        }

        try
        {
            return PodTolerationOptions.Parse(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception e) when (e is ApiDecodeException or FormatException or System.Text.Json.JsonException)
        {
            throw Errors.Make(500, "", e.Message, null);
        }
    }
}
