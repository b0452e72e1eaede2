using Orchestrator.Api.Core.V1;

namespace Orchestrator.Scheduler.Pods;

/// <summary>Which of a pod's volumes have a say in where it goes.</summary>
internal static class PodClaims
{
    /// <summary>The names of the claims that a pod uses, those that are made for it included.</summary>
    public static string[] Of(Pod pod)
    {
        List<string>? claims = null;
        foreach (var volume in pod.Spec.Volumes)
        {
            if (ClaimOf(pod, volume) is { } claim)
            {
                (claims ??= []).Add(claim);
            }
        }

        return claims is null ? [] : [.. claims];
    }

    public static string? ClaimOf(Pod pod, Volume volume) =>
        volume.PersistentVolumeClaim is { } claim ? claim.ClaimName : volume.Ephemeral is not null ? $"{pod.Metadata.Name}-{volume.Name}" : null;

    /// <summary>Whether a volume is a disk that not any number of pods may use at once.</summary>
    public static bool IsExclusiveDisk(Volume volume) =>
        volume.GcePersistentDisk is not null || volume.AwsElasticBlockStore is not null || volume.Rbd is not null || volume.Iscsi is not null;

    public static bool HasExclusiveDisk(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (IsExclusiveDisk(volume))
            {
                return true;
            }
        }

        return false;
    }
}
