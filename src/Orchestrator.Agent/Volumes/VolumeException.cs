namespace Orchestrator.Agent.Volumes;

/// <summary>A volume cannot be had now; trying again may help.</summary>
internal sealed class VolumeException(string message) : Exception(message);
