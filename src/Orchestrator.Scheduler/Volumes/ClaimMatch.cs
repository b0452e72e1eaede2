using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>Finds a volume for a claim on a node: one bound to it by its maker, else the smallest free one that will do.</summary>
internal static class ClaimMatch
{
    public static PersistentVolume? Find(VolumeCatalog catalog, PersistentVolumeClaim claim, Node node, List<(PersistentVolumeClaim Claim, PersistentVolume Volume)> taken)
    {
        var selector = claim.Spec.Selector is null ? LabelMatcher.Everything : LabelMatcher.From(claim.Spec.Selector);
        var wanted = claim.Spec.Resources.Requests.TryGetValue("storage", out var size) ? size.Nanos : 0;
        PersistentVolume? smallest = null;
        foreach (var volume in catalog.VolumesOf(claim.Spec.StorageClassName ?? ""))
        {
            var spec = volume.Spec;
            if (taken.Exists(t => t.Volume.Metadata.Name == volume.Metadata.Name)
                || VolumeCatalog.Capacity(volume) < wanted
                || (spec.VolumeMode ?? "Filesystem") != (claim.Spec.VolumeMode ?? "Filesystem")
                || (spec.VolumeAttributesClassName ?? "") != (claim.Spec.VolumeAttributesClassName ?? "")
                || volume.Metadata.DeletionTimestamp is not null
                || (spec.NodeAffinity?.Required is { } affinity && !NodeMatcher.Of(affinity).Matches(node.Metadata.Name, node.Metadata.Labels)))
            {
                continue;
            }

            if (spec.ClaimRef is { } reference)
            {
                if (reference.Name == claim.Metadata.Name && reference.Namespace == claim.Metadata.Namespace
                    && (reference.Uid.Length == 0 || reference.Uid == claim.Metadata.Uid))
                {
                    return volume;
                }

                continue;
            }

            if (catalog.PromisedTo(volume.Metadata.Name) is { } other && other != claim.Key)
            {
                continue;
            }

            if (smallest is null
                && volume.Status.Phase is "Available" or ""
                && selector.Matches(volume.Metadata.Labels)
                && HasModes(spec.AccessModes, claim.Spec.AccessModes))
            {
                smallest = volume;
            }
        }

        return smallest;
    }

    private static bool HasModes(ApiList<string> offered, ApiList<string> wanted)
    {
        foreach (var mode in wanted)
        {
            if (!offered.Contains(mode))
            {
                return false;
            }
        }

        return true;
    }
}
