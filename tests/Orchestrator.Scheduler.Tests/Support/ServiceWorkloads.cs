using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Evaluation;

namespace Orchestrator.Scheduler.Tests.Support;

/// <summary>Workloads that are Services only.</summary>
internal sealed class ServiceWorkloads : WorkloadSelectors
{
    private readonly List<ApiMap<string>> _selectors = [];

    public override long Version => _selectors.Count;

    public void Add(Service service) => _selectors.Add(service.Spec.Selector);

    public override LabelMatcher? SelectorOf(Pod pod)
    {
        var matching = _selectors.Where(s => LabelMatcher.FromMap(s).Matches(pod.Metadata.Labels)).SelectMany(static s => s).ToArray();
        return matching.Length == 0 ? null : new(matching.Select(static l => new LabelRequirement(l.Key, SelectorOperator.In, [l.Value])));
    }
}
