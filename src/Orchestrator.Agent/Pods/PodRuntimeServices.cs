using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Admission;
using Orchestrator.Agent.Cgroups;
using Orchestrator.Agent.Devices;
using Orchestrator.Agent.Reporting;
using Orchestrator.Agent.Pods.Containers;
using Orchestrator.Agent.Pods.Status;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.StaticPods;
using Orchestrator.Agent.Volumes;

namespace Orchestrator.Agent.Pods;

/// <summary>What every pod worker works with.</summary>
internal sealed record PodRuntimeServices(
    IContainerRuntime Runtime,
    RuntimePodReader Reader,
    ContainerStarter Starter,
    ContainerKiller Killer,
    SandboxConfigBuilder Sandboxes,
    UserNamespaces Users,
    RuntimeHandlers Handlers,
    PodVolumes Volumes,
    PodDevices Devices,
    ReferencedObjects References,
    PodCgroups Cgroups,
    PodPaths Paths,
    PodStatusBuilder StatusBuilder,
    TerminationMessages TerminationMessages,
    PodAdmission Admission,
    INodeApi Api,
    MirrorPods Mirrors,
    IPodEvents Events,
    IPodTraffic Traffic,
    NodeFacts Node,
    NodeAgentOptions Options,
    TimeProvider Time,
    ILoggerFactory Loggers)
{
    /// <summary>Bounds how many sandboxes are made at once.</summary>
    public SemaphoreSlim SandboxSlots { get; } = new(Options.ParallelSandboxesMax);
}
