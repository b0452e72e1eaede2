using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Admission.Plugins;

/// <summary>A pod's priority is its class's, that of the default class, or 0; only one class may be the default.</summary>
internal sealed class Priority(IObjectLister objects) : IMutatingAdmission, IValidatingAdmission
{
    private const string DefaultPreemptionPolicy = "PreemptLowerPriority";

    public string Name => "Priority";

    public bool Handles(AdmissionOperation operation, ResourceInfo resource, string subresource) =>
        operation is AdmissionOperation.Create or AdmissionOperation.Update && subresource.Length == 0
        && resource is { Group: "", Resource: "pods" } or { Group: "scheduling.k8s.io", Resource: "priorityclasses" };

    public ValueTask AdmitAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not Pod pod)
        {
            return default;
        }

        if (attributes.Operation == AdmissionOperation.Update)
        {
            // Clients of before priorities send updates without them; the old values stay.
            if (attributes.OldObject is Pod old && pod.Spec.Priority is null && old.Spec.Priority is { } kept)
            {
                var spec = pod.Own<PodSpec>(Pod.Fields.Spec);
                spec.Set(PodSpec.Fields.Priority, kept);
                if (spec.PreemptionPolicy is null)
                {
                    spec.Set(PodSpec.Fields.PreemptionPolicy, old.Spec.PreemptionPolicy);
                }
            }

            return default;
        }

        var (value, policy, className) = Resolve(pod, attributes);
        if (pod.Spec.Priority is { } own && own != value)
        {
            throw attributes.Forbidden(
                $"the integer value of priority ({own}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name");
        }

        if (pod.Spec.PreemptionPolicy is { } ownPolicy && ownPolicy != policy)
        {
            throw attributes.Forbidden(
                $"the string value of PreemptionPolicy ({ownPolicy}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name");
        }

        var target = pod.Own<PodSpec>(Pod.Fields.Spec);
        target.Set(PodSpec.Fields.PriorityClassName, className);
        target.Set(PodSpec.Fields.Priority, value);
        target.Set(PodSpec.Fields.PreemptionPolicy, policy);
        return default;
    }

    public ValueTask ValidateAsync(AdmissionAttributes attributes, CancellationToken cancellationToken)
    {
        if (attributes.Object is not PriorityClass { GlobalDefault: true } made)
        {
            return default;
        }

        if (DefaultClass() is { } existing && (attributes.Operation == AdmissionOperation.Create || existing.Metadata.Name != made.Metadata.Name))
        {
            throw attributes.Forbidden($"PriorityClass {existing.Metadata.Name} is already marked as default. Only one default can exist");
        }

        return default;
    }

    private (int Value, string Policy, string ClassName) Resolve(Pod pod, AdmissionAttributes attributes)
    {
        var name = pod.Spec.PriorityClassName;
        if (name.Length == 0)
        {
            return DefaultClass() is { } found ? (found.Value, found.PreemptionPolicy ?? DefaultPreemptionPolicy, found.Metadata.Name) : (0, DefaultPreemptionPolicy, "");
        }

        var priorityClass = objects.Get<PriorityClass>("", name) ?? throw attributes.Forbidden($"no PriorityClass with name {name} was found");
        return (priorityClass.Value, priorityClass.PreemptionPolicy ?? DefaultPreemptionPolicy, name);
    }

    /// <summary>Of several defaults, which a race can make, the least.</summary>
    private PriorityClass? DefaultClass() => objects.List<PriorityClass>("").Where(static c => c.GlobalDefault).MinBy(static c => c.Value);
}
