using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A pod gets its runtime class's overhead, node selector and tolerations.</summary>
internal sealed class RuntimeClassAdmission(IObjectLister objects) : IMutatingAdmission, IValidatingAdmission
{
    public string Name => "RuntimeClass";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation == AdmissionOperation.Create && subresource.Length == 0 && resource is { Group: "", Resource: "pods" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod || Find(pod, attributes) is not { } runtimeClass)
        {
            return default;
        }

        if (runtimeClass.Overhead is { PodFixed.Count: > 0 } overhead)
        {
            if (pod.Spec.Overhead.Count > 0 && !SameAmounts(pod.Spec.Overhead, overhead.PodFixed))
            {
                throw attributes.Forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            }

            pod.Own<PodSpec>(Pod.Fields.Spec).Set(PodSpec.Fields.Overhead, overhead.PodFixed);
        }

        if (runtimeClass.Scheduling is { } scheduling)
        {
            Schedule(pod, scheduling, attributes);
        }

        return default;
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        var defined = Find(pod, attributes)?.Overhead?.PodFixed;
        if (defined is { Count: > 0 })
        {
            if (!SameAmounts(pod.Spec.Overhead, defined))
            {
                throw attributes.Forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
            }
        }
        else if (pod.Spec.Overhead.Count > 0)
        {
            throw attributes.Forbidden("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        }

        return default;
    }

    private RuntimeClass? Find(Pod pod, AdmissionAttributes attributes) =>
        pod.Spec.RuntimeClassName is not { Length: > 0 } name ? null
        : objects.Get<RuntimeClass>("", name) ?? throw attributes.Forbidden($"pod rejected: RuntimeClass \"{name}\" not found");

    private static void Schedule(Pod pod, Scheduling scheduling, AdmissionAttributes attributes)
    {
        var selector = pod.Spec.NodeSelector;
        foreach (var (key, value) in scheduling.NodeSelector)
        {
            if (selector.TryGetValue(key, out var own) && own != value)
            {
                throw attributes.Forbidden($"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}");
            }

            selector = selector.With(key, value);
        }

        var spec = pod.Own<PodSpec>(Pod.Fields.Spec);
        spec.Set(PodSpec.Fields.NodeSelector, selector);
        var added = scheduling.Tolerations.Where(t => !spec.Tolerations.Contains(t)).ToArray();
        if (added.Length > 0)
        {
            spec.Set(PodSpec.Fields.Tolerations, (ApiList<Toleration>)[.. spec.Tolerations, .. added]);
        }
    }

    private static bool SameAmounts(ApiMap<Quantity> left, ApiMap<Quantity> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        foreach (var (key, value) in left)
        {
            if (!right.TryGetValue(key, out var other) || value.CompareTo(other) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
