namespace Orchestrator.Scheduler.Devices;

/// <summary>A device, as drivers and claims name it.</summary>
internal readonly record struct DeviceId(string Driver, string Pool, string Name);
