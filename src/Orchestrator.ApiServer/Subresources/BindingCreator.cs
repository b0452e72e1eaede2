using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Plugins;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>Binds a pod to a node: POST pods/NAME/binding, or bindings. The one way in which spec.nodeName is set later on.</summary>
internal sealed class BindingCreator(ObjectStore objects, ServedResource pods, IObjectLister lister) : IObjectCreator
{
    public async ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken)
    {
        var binding = (Binding)obj;
        var name = scope.Name.Length > 0 ? scope.Name : binding.Metadata.Name;
        if (scope.Name.Length > 0 && binding.Metadata.Name.Length > 0 && binding.Metadata.Name != scope.Name)
        {
            throw Errors.BadRequest("name in URL does not match name in Binding object");
        }

        var faults = new List<string>();
        if (binding.Target.Kind.Length > 0 && binding.Target.Kind != "Node")
        {
            faults.Add("target.kind: Unsupported value: \"" + binding.Target.Kind + "\": supported values: \"Node\", \"<empty>\"");
        }

        if (binding.Target.Name.Length == 0)
        {
            faults.Add("target.name: Required value");
        }

        if (faults.Count > 0)
        {
            // Upstream returns the bare list of faults, which turns into a 500 without a reason.
            throw Errors.Make(500, "", faults.Count == 1 ? faults[0] : "[" + string.Join(", ", faults) + "]", null);
        }

        var pod = new RequestScope
        {
            Resource = pods,
            Namespace = scope.Namespace,
            Name = name,
            User = scope.User,
            Time = scope.Time,
            DryRun = scope.DryRun,
            FieldManager = scope.FieldManager,
            Subresource = "binding",
        };
        await objects.AssignAsync(pod, old => Assign((Pod)old, binding, lister.Get<Node>("", binding.Target.Name), scope.Time.NowSeconds()), cancellationToken);
        return new Status { Kind = "Status", ApiVersion = "v1", StatusValue = "Success", Code = 201 };
    }

    private Pod Assign(Pod old, Binding binding, Node? node, DateTimeOffset now)
    {
        if (binding.Metadata.Uid.Length > 0 && binding.Metadata.Uid != old.Metadata.Uid)
        {
            throw WriteRules.PreconditionFailed(pods, old.Metadata.Namespace, old.Metadata.Name, "UID", binding.Metadata.Uid, old.Metadata.Uid);
        }

        if (binding.Metadata.ResourceVersion.Length > 0 && binding.Metadata.ResourceVersion != old.Metadata.ResourceVersion)
        {
            throw WriteRules.PreconditionFailed(
                pods, old.Metadata.Namespace, old.Metadata.Name, "ResourceVersion", binding.Metadata.ResourceVersion, old.Metadata.ResourceVersion);
        }

        if (old.Metadata.DeletionTimestamp is not null)
        {
            throw Errors.Conflict("", "pods/binding", old.Metadata.Name, $"pod {old.Metadata.Name} is being deleted, cannot be assigned to a host");
        }

        if (old.Spec.NodeName.Length > 0)
        {
            throw Errors.Conflict("", "pods/binding", old.Metadata.Name, $"pod {old.Metadata.Name} is already assigned to node \"{old.Spec.NodeName}\"");
        }

        if (old.Spec.SchedulingGates.Count > 0)
        {
            throw Errors.Conflict("", "pods/binding", old.Metadata.Name, $"pod {old.Metadata.Name} has non-empty .spec.schedulingGates");
        }

        var pod = old.DeepCopy();
        var metadata = pod.Own<ObjectMeta>(ApiObject.MetadataSlot);
        foreach (var (key, value) in binding.Metadata.Annotations)
        {
            metadata.OwnMap<string>(ObjectMeta.Fields.Annotations).SetSlot(key, value);
        }

        foreach (var (key, value) in binding.Metadata.Labels)
        {
            metadata.OwnMap<string>(ObjectMeta.Fields.Labels).SetSlot(key, value);
        }

        if (node is not null)
        {
            PodTopologyLabels.CopyTo(metadata, node, binding.Metadata.Labels);
        }

        pod.Own<PodSpec>(Pod.Fields.Spec).Set(PodSpec.Fields.NodeName, binding.Target.Name);
        var status = pod.Own<PodStatus>(Pod.Fields.Status);
        var scheduled = new PodCondition { Type = "PodScheduled", Status = "True", LastTransitionTime = now };
        status.Set(
            PodStatus.Fields.Conditions,
            (ApiList<PodCondition>)[.. old.Status.Conditions.Where(static c => c.Type != "PodScheduled"), scheduled]);

        // What was only meant for it until now.
        status.Set(PodStatus.Fields.NominatedNodeName, null);
        return pod;
    }
}
