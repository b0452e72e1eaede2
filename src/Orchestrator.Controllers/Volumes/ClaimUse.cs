using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Which claims a pod uses. Pure.</summary>
internal static class ClaimUse
{
    /// <summary>The names of the claims, those of its ephemeral volumes among them.</summary>
    public static IEnumerable<string> Of(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.PersistentVolumeClaim is { } claim)
            {
                yield return claim.ClaimName;
            }
            else if (volume.Ephemeral is not null)
            {
                yield return NameOf(pod, volume);
            }
        }
    }

    /// <summary>The name of an ephemeral volume's claim.</summary>
    public static string NameOf(Pod pod, Volume volume) => pod.Metadata.Name + "-" + volume.Name;
}
