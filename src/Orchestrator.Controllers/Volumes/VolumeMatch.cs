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

    /// <summary>
    /// A volume that names the claim, else the smallest free one that fits; null if there is none. Volumes with the fewest access modes are
    /// looked at first: a volume that can do more than is asked for is only taken when no other is there.
    /// </summary>
    /// <param name="claim">The claim.</param>
    /// <param name="volumes">All volumes.</param>
    /// <param name="onlyNamed">Whether only volumes that name the claim count.</param>
    /// <param name="phase">The phase that free volumes must be in.</param>
    public static PersistentVolume? Best(PersistentVolumeClaim claim, IEnumerable<PersistentVolume> volumes, bool onlyNamed, string phase = "Available")
    {
        foreach (var group in volumes.GroupBy(static v => v.Spec.AccessModes.Distinct().Count()).OrderBy(static g => g.Key))
        {
            if (BestOf(claim, group, onlyNamed, phase) is { } best)
            {
                return best;
            }
        }

        return null;
    }

    /// <summary>Why a volume cannot serve a claim that asks for it by name; null if it can.</summary>
    public static string? Misfit(PersistentVolume volume, PersistentVolumeClaim claim) =>
        volume.IsBeingDeleted ? $"the volume is marked for deletion \"{volume.Metadata.Name}\""
        : claim.Spec.Resources.Requests.TryGetValue("storage", out var wanted) && Size(volume) < wanted ? "requested PV is too small"
        : ClassOf(volume) != ClassOf(claim) ? "storageClassName does not match"
        : (volume.Spec.VolumeAttributesClassName ?? "") != (claim.Spec.VolumeAttributesClassName ?? "") ? "VolumeAttributesClassName does not match"
        : !SameMode(volume, claim) ? "incompatible volumeMode"
        : claim.Spec.AccessModes.Any(m => !volume.Spec.AccessModes.Contains(m)) ? "incompatible accessMode"
        : null;

    public static bool SameMode(PersistentVolume volume, PersistentVolumeClaim claim) =>
        (volume.Spec.VolumeMode ?? "Filesystem") == (claim.Spec.VolumeMode ?? "Filesystem");

    private static PersistentVolume? BestOf(PersistentVolumeClaim claim, IEnumerable<PersistentVolume> volumes, bool onlyNamed, string phase)
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

            if (!onlyNamed && volume.Status.Phase == phase && ClassOf(volume) == ClassOf(claim) && selector.Matches(volume.Metadata.Labels)
                && (best is null || Size(volume) < Size(best) || (Size(volume).CompareTo(Size(best)) == 0 && string.CompareOrdinal(volume.Metadata.Name, best.Metadata.Name) < 0)))
            {
                best = volume;
            }
        }

        return best;
    }

    /// <summary>Size, access modes, volume mode and attributes fit, whatever else does.</summary>
    private static bool Satisfies(PersistentVolume volume, PersistentVolumeClaim claim) =>
        SameMode(volume, claim)
        && (volume.Spec.VolumeAttributesClassName ?? "") == (claim.Spec.VolumeAttributesClassName ?? "")
        && claim.Spec.AccessModes.All(m => volume.Spec.AccessModes.Contains(m))
        && (!claim.Spec.Resources.Requests.TryGetValue("storage", out var wanted) || Size(volume) >= wanted);

    private static Quantity Size(PersistentVolume volume) => volume.Spec.Capacity.GetValueOrDefault("storage") ?? Quantity.Zero;
}
