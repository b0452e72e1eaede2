namespace Orchestrator.Agent.Volumes;

/// <summary>A file that a volume shows.</summary>
/// <param name="Data">Its content.</param>
/// <param name="Mode">Its permission bits.</param>
/// <param name="Owner">Its user, or null for root.</param>
internal sealed record ProjectedFile(byte[] Data, int Mode, long? Owner = null);
