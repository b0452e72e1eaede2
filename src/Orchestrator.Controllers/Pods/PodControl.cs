using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers;

/// <summary>Creates and deletes pods for a workload, and says so in Events about the workload.</summary>
internal sealed class PodControl(IClusterClient client, IEventRecorder events)
{
    /// <summary>A pod as a template describes it, owned by a workload.</summary>
    public static Pod FromTemplate<TOwner>(PodTemplateSpec template, TOwner owner)
        where TOwner : ApiObject, IResourceObject<TOwner> => new()
    {
        Metadata = new()
        {
            Namespace = owner.Metadata.Namespace,
            GenerateName = Prefix(owner.Metadata.Name),
            Labels = template.Metadata.Labels,
            Annotations = template.Metadata.Annotations,
            Finalizers = template.Metadata.Finalizers,
            OwnerReferences = [owner.ToControllerRef()],
        },
        Spec = template.Spec,
    };

    public async ValueTask<ApiResult<Pod>> CreateAsync<TOwner>(Pod pod, TOwner owner, CancellationToken cancellationToken)
        where TOwner : ApiObject, IResourceObject<TOwner>
    {
        var created = await client.CreateAsync(pod, cancellationToken);
        if (created.IsOk)
        {
            events.Normal(owner, "SuccessfulCreate", $"Created pod: {created.Value.Metadata.Name}");
        }
        else if (!created.IsNamespaceTerminating)
        {
            events.Warning(owner, "FailedCreate", $"Error creating: {created.Error.Message}");
        }

        return created;
    }

    /// <summary>Deletes a pod; that it is gone already is an error (not found) without an Event.</summary>
    public async ValueTask<ApiResult> DeleteAsync<TOwner>(Pod pod, TOwner owner, CancellationToken cancellationToken)
        where TOwner : ApiObject, IResourceObject<TOwner>
    {
        var deleted = await client.DeleteAsync(ResourcePath.Of<Pod>(pod.Key), null, cancellationToken);
        if (deleted.IsOk)
        {
            events.Normal(owner, "SuccessfulDelete", $"Deleted pod: {pod.Metadata.Name}");
        }
        else if (!deleted.IsNotFound)
        {
            events.Warning(owner, "FailedDelete", $"Error deleting: {deleted.Error.Message}");
        }

        return new(deleted.Error);
    }

    // A name that leaves no room for the dash and the suffix is used as it is.
    private static string Prefix(string name) => name.Length < 253 ? name + "-" : name;
}
