using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Volumes;

/// <summary>The pod that empties a released volume whose policy is Recycle. Deprecated upstream, and only for the two kinds of volumes that it ever knew. Pure.</summary>
internal static class VolumeRecycler
{
    public const string Namespace = "default";
    private const string NamePrefix = "recycler-for-";
    private const string Image = "registry.k8s.io/build-image/debian-base:bookworm-v1.0.6";
    private const long SecondsMin = 60;
    private const long SecondsPerGibibyte = 30;
    private const long Gibibyte = 1L << 30;

    /// <summary>The name of a volume's recycler.</summary>
    public static string NameOf(string volume) => NamePrefix + volume;

    /// <summary>The volume of a recycler; null if the pod is none.</summary>
    public static string? VolumeOf(Pod pod) =>
        pod.Metadata.Namespace == Namespace && pod.Metadata.Name.StartsWith(NamePrefix, StringComparison.Ordinal) ? pod.Metadata.Name[NamePrefix.Length..] : null;

    /// <summary>The recycler of a volume; null if nobody knows how to empty it.</summary>
    public static Pod? For(PersistentVolume volume)
    {
        Volume? content = volume.Spec switch
        {
            { HostPath: { } path } => new() { Name = "vol", HostPath = new() { Path = path.Path } },
            { Nfs: { } nfs } => new() { Name = "vol", Nfs = new() { Server = nfs.Server, Path = nfs.Path } },
            _ => null,
        };
        return content is null ? null : new()
        {
            Metadata = new() { Namespace = Namespace, Name = NameOf(volume.Metadata.Name) },
            Spec = new()
            {
                ActiveDeadlineSeconds = Math.Max(SecondsMin, (volume.Spec.Capacity.GetValueOrDefault("storage")?.Value ?? 0) / Gibibyte * SecondsPerGibibyte),
                RestartPolicy = "Never",
                Volumes = [content],
                Containers =
                [
                    new()
                    {
                        Name = "pv-recycler",
                        Image = Image,
                        Command = ["/bin/sh"],
                        Args = ["-c", "test -e /scrub && find /scrub -mindepth 1 -delete && test -z \"$(ls -A /scrub)\" || exit 1"],
                        VolumeMounts = [new() { Name = "vol", MountPath = "/scrub" }],
                    },
                ],
            },
        };
    }
}
