using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.Client;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>Finds what a pod is one of many of: the selectors of its Services and its controller.</summary>
internal abstract class WorkloadSelectors
{
    /// <summary>Grows when an answer may have changed.</summary>
    public abstract long Version { get; }

    /// <summary>The requirements that all pods of the workload share; null if the pod stands alone.</summary>
    public abstract LabelMatcher? SelectorOf(Pod pod);
}
