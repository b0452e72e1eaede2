namespace Orchestrator.Scheduler.Evaluation;

/// <summary>The plugins that can refuse a pod, in the order in which they are asked.</summary>
[Flags]
internal enum Plugins
{
    None = 0,
    NodeUnschedulable = 1 << 0,
    NodeName = 1 << 1,
    TaintToleration = 1 << 2,
    NodeAffinity = 1 << 3,
    NodePorts = 1 << 4,
    NodeResourcesFit = 1 << 5,
    VolumeRestrictions = 1 << 6,
    NodeVolumeLimits = 1 << 7,
    VolumeBinding = 1 << 8,
    VolumeZone = 1 << 9,
    PodTopologySpread = 1 << 10,
    InterPodAffinity = 1 << 11,

    /// <summary>There was no node at all.</summary>
    NoNodes = 1 << 12,

    NodeDeclaredFeatures = 1 << 13,

    DynamicResources = 1 << 14,

    Volumes = VolumeRestrictions | NodeVolumeLimits | VolumeBinding | VolumeZone,
}
