using Orchestrator.Agent.Images;

namespace Orchestrator.Agent.Volumes;

/// <summary>A volume that is ready for containers.</summary>
/// <param name="HostPath">Where it is on the node; empty if it is missing.</param>
/// <param name="ReadOnly">True if nobody may write to it.</param>
/// <param name="Missing">Why the image of an image volume is not to be had, else null: only containers that mount it wait for it.</param>
internal sealed record MountedVolume(string HostPath, bool ReadOnly = false, ImageException? Missing = null);
