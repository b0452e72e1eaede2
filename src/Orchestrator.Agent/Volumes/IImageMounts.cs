namespace Orchestrator.Agent.Volumes;

/// <summary>The file systems of images, mounted where pods can be given them.</summary>
internal interface IImageMounts
{
    /// <summary>Mounts an image that is present, to be read only. Doing it again after a half-done try ends it.</summary>
    /// <param name="key">Names the mount towards the runtime; the same for <see cref="ReleaseAsync"/>.</param>
    /// <param name="image">The image's id.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="VolumeException">The runtime or the kernel refused.</exception>
    Task MountAsync(string key, string image, string folder, CancellationToken cancellationToken);

    /// <summary>Lets go of an image's layers when nothing is mounted of them any more; those that are not held are fine.</summary>
    /// <exception cref="IOException">The runtime refused.</exception>
    Task ReleaseAsync(string key, CancellationToken cancellationToken);
}
