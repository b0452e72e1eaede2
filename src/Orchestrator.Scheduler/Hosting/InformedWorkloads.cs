using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>The selectors of workloads, from informers. The same Services and controllers as upstream looks at: no Jobs, no DaemonSets.</summary>
internal sealed class InformedWorkloads : WorkloadSelectors
{
    private readonly IInformer<Service> _services;
    private readonly IInformer<ReplicationController> _replicationControllers;
    private readonly IInformer<ReplicaSet> _replicaSets;
    private readonly IInformer<StatefulSet> _statefulSets;
    private long _version;

    public InformedWorkloads(IInformerFactory informers)
    {
        _services = informers.Get<Service>();
        _replicationControllers = informers.Get<ReplicationController>();
        _replicaSets = informers.Get<ReplicaSet>();
        _statefulSets = informers.Get<StatefulSet>();

        // Selectors of controllers never change, and a pod's controller is there before it.
        _services.AddHandler(
            added: _ => Interlocked.Increment(ref _version),
            updated: (old, service) =>
            {
                if (!old.Spec.Selector.Equals(service.Spec.Selector))
                {
                    Interlocked.Increment(ref _version);
                }
            },
            deleted: _ => Interlocked.Increment(ref _version));
        _replicaSets.AddHandler(added: _ => Interlocked.Increment(ref _version));
        _statefulSets.AddHandler(added: _ => Interlocked.Increment(ref _version));
        _replicationControllers.AddHandler(added: _ => Interlocked.Increment(ref _version));
    }

    public override long Version => Interlocked.Read(ref _version);

    public override LabelMatcher? SelectorOf(Pod pod)
    {
        var labels = pod.Metadata.Labels;
        var requirements = new Dictionary<string, string>();
        foreach (var service in _services.List(pod.Metadata.Namespace))
        {
            if (service.Spec.Selector.Count > 0 && LabelMatcher.FromMap(service.Spec.Selector).Matches(labels))
            {
                Merge(service.Spec.Selector);
            }
        }

        var more = new List<LabelRequirement>();
        if (PodShapeKey.ControllerOf(pod) is { } owner)
        {
            var key = new ObjectKey(pod.Metadata.Namespace, owner.Name);
            if (owner.Kind == "ReplicationController" && _replicationControllers.TryGet(key, out var controller))
            {
                Merge(controller.Spec.Selector);
            }
            else if (owner.Kind == "ReplicaSet" && _replicaSets.TryGet(key, out var replicaSet))
            {
                more.AddRange(LabelMatcher.From(replicaSet.Spec.Selector).Requirements);
            }
            else if (owner.Kind == "StatefulSet" && _statefulSets.TryGet(key, out var statefulSet))
            {
                more.AddRange(LabelMatcher.From(statefulSet.Spec.Selector).Requirements);
            }
        }

        return requirements.Count == 0 && more.Count == 0
            ? null
            : new([.. requirements.Select(static r => new LabelRequirement(r.Key, SelectorOperator.In, [r.Value])), .. more]);

        void Merge(ApiMap<string> selector)
        {
            foreach (var (name, value) in selector)
            {
                requirements[name] = value;
            }
        }
    }
}
