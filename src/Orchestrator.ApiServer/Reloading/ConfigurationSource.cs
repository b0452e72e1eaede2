namespace Orchestrator.ApiServer.Reloading;

/// <summary>Where a configuration came from.</summary>
/// <param name="Path">The file.</param>
/// <param name="Content">What it said when it was read.</param>
public sealed record ConfigurationSource(string Path, byte[] Content);
