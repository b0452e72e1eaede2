using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Client;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>Writes what makes the volume controller and provisioners bind a pod's claims.</summary>
internal sealed class VolumeWriter(IClusterClient client)
{
    /// <summary>Writes a plan; gives why it could not be written. What was written stays and is used by the next try.</summary>
    public async ValueTask<string?> WriteAsync(VolumePlan plan, string node, CancellationToken cancellationToken)
    {
        foreach (var (claim, volume) in plan.Bindings)
        {
            if (volume.Spec.ClaimRef is { Uid.Length: > 0 } known && known.Uid == claim.Metadata.Uid)
            {
                continue;
            }

            var annotations = volume.Spec.ClaimRef is null
                ? volume.Metadata.Annotations.With(VolumeAnnotations.BoundByController, "yes")
                : volume.Metadata.Annotations;
            var bound = await client.UpdateAsync(
                volume with
                {
                    Metadata = volume.Metadata with { Annotations = annotations },
                    Spec = volume.Spec with { ClaimRef = claim.ToReference() },
                },
                cancellationToken);
            if (!bound.IsOk)
            {
                return $"binding volumes: {bound.Error.Message}";
            }
        }

        foreach (var claim in plan.Provisionings)
        {
            if (claim.Metadata.Annotations.GetValueOrDefault(VolumeAnnotations.SelectedNode) == node)
            {
                continue;
            }

            var selected = await client.UpdateAsync(
                claim with { Metadata = claim.Metadata with { Annotations = claim.Metadata.Annotations.With(VolumeAnnotations.SelectedNode, node) } },
                cancellationToken);
            if (!selected.IsOk)
            {
                return $"binding volumes: {selected.Error.Message}";
            }
        }

        return null;
    }
}
