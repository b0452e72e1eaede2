using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Which volume serves a claim. Pure.</summary>
internal static class VolumeMatch
{
    public const string BindCompleted = "pv.kubernetes.io/bind-completed";
    public const string BoundByController = "pv.kubernetes.io/bound-by-controller";

    /// <summary>The class that a claim or a volume names; the annotation of old counts before the field.</summary>
    public static string ClassOf(PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? claim.Spec.StorageClassName ?? "";

    public static string ClassOf(PersistentVolume volume) =>
        volume.Metadata.Annotations.GetValueOrDefault("volume.beta.kubernetes.io/storage-class") ?? volume.Spec.StorageClassName;

    /// <summary>Whether the volume's reference means the claim; a reference without UID means any claim of the name.</summary>
    public static bool IsBoundTo(PersistentVolume volume, PersistentVolumeClaim claim) =>
        volume.Spec.ClaimRef is { } reference
        && reference.Name == claim.Metadata.Name
        && reference.Namespace == claim.Metadata.Namespace
        && (reference.Uid.Length == 0 || reference.Uid == claim.Metadata.Uid);

    /// <summary>A volume that names the claim, else the smallest free one that fits; null if there is none.</summary>
    public static PersistentVolume? Best(PersistentVolumeClaim claim, IEnumerable<PersistentVolume> volumes, bool onlyNamed)
    {
        PersistentVolume? best = null;
        var selector = claim.Spec.Selector is null ? LabelMatcher.Everything : LabelMatcher.From(claim.Spec.Selector);
        foreach (var volume in volumes)
        {
            if (volume.IsBeingDeleted || !Satisfies(volume, claim))
            {
                continue;
            }

            if (volume.Spec.ClaimRef is not null)
            {
                if (IsBoundTo(volume, claim))
                {
                    return volume;
                }

                continue;
            }

            if (!onlyNamed && volume.Status.Phase == "Available" && ClassOf(volume) == ClassOf(claim) && selector.Matches(volume.Metadata.Labels)
                && (best is null || Size(volume) < Size(best) || (Size(volume).CompareTo(Size(best)) == 0 && string.CompareOrdinal(volume.Metadata.Name, best.Metadata.Name) < 0)))
            {
                best = volume;
            }
        }

        return best;
    }

    /// <summary>Size, access modes and volume mode fit, whatever else does.</summary>
    public static bool Satisfies(PersistentVolume volume, PersistentVolumeClaim claim) =>
        (volume.Spec.VolumeMode ?? "Filesystem") == (claim.Spec.VolumeMode ?? "Filesystem")
        && claim.Spec.AccessModes.All(m => volume.Spec.AccessModes.Contains(m))
        && (!claim.Spec.Resources.Requests.TryGetValue("storage", out var wanted) || Size(volume) >= wanted);

    private static Quantity Size(PersistentVolume volume) => volume.Spec.Capacity.GetValueOrDefault("storage") ?? Quantity.Zero;
}
