namespace Orchestrator.Agent.Volumes;

/// <summary>A volume that is ready for containers.</summary>
/// <param name="HostPath">Where it is on the node; empty for an image, which the runtime mounts itself.</param>
/// <param name="ReadOnly">True if nobody may write to it.</param>
/// <param name="Image">The image of an image volume, else null.</param>
internal sealed record MountedVolume(string HostPath, bool ReadOnly = false, string? Image = null);
