using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.PodNodeSelectors;

/// <summary>Pods run on the nodes of their namespace: its annotation adds to each pod's node selector, and the configuration says which labels a namespace may ask for.</summary>
internal sealed class PodNodeSelector(IObjectLister objects, PodNodeSelectorOptions options) : IMutatingAdmission, IValidatingAdmission
{
    private const string Annotation = "scheduler.alpha.kubernetes.io/node-selector";

    public string Name => "PodNodeSelector";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        var wanted = OfNamespace(attributes.Namespace);
        CheckConflict(pod, wanted);
        if (wanted.Count > 0)
        {
            var selector = pod.Own<PodSpec>(Pod.Fields.Spec).OwnMap<string>(PodSpec.Fields.NodeSelector);
            foreach (var (key, value) in wanted)
            {
                selector.SetSlot(key, value);
            }
        }

        return ValidateAsync(attributes, cancellationToken);
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        CheckConflict(pod, OfNamespace(attributes.Namespace));
        if (options.Allowed.TryGetValue(attributes.Namespace, out var allowed) && allowed.Count > 0
            && pod.Spec.NodeSelector.Any(s => allowed.GetValueOrDefault(s.Key) != s.Value))
        {
            throw Errors.Forbidden("", "pods", pod.Metadata.Name, "pod node label selector labels conflict with its namespace whitelist");
        }

        return default;
    }

    private static void CheckConflict(Pod pod, IReadOnlyDictionary<string, string> wanted)
    {
        foreach (var (key, value) in wanted)
        {
            if (pod.Spec.NodeSelector.TryGetValue(key, out var own) && own != value)
            {
                throw Errors.Forbidden("", "pods", pod.Metadata.Name, "pod node label selector conflicts with its namespace node label selector");
            }
        }
    }

    private IReadOnlyDictionary<string, string> OfNamespace(string name)
    {
        if (objects.Get<Namespace>("", name)?.Metadata.Annotations.GetValueOrDefault(Annotation) is not { } text)
        {
            return options.Default;
        }

        return PodNodeSelectorOptions.TryParse(text, out var selector) ? selector : throw Errors.Make(500, "", $"invalid selector: {text}", null);
    }
}
