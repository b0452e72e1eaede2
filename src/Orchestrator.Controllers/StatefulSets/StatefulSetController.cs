using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.StatefulSets;

/// <summary>StatefulSets: hears of changes, gathers a set's pods and revisions, and lets a <see cref="StatefulSetStep"/> act.</summary>
internal sealed class StatefulSetController : QueueController
{
    private readonly IInformer<StatefulSet> _sets;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<ControllerRevision> _revisions;
    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IEventRecorder _events;

    public StatefulSetController(ControllerContext context)
        : base("statefulset-controller", context, workers: 5)
    {
        _events = context.Recorder("statefulset-controller");
        _sets = Watch<StatefulSet>();
        _revisions = context.Informers.Get<ControllerRevision>();
        _revisions.AddControllerIndex();
        _claims = context.Informers.Get<PersistentVolumeClaim>();
        _pods = context.Informers.Get<Pod>();
        _pods.AddControllerIndex();
        _pods.AddHandler(added: OnPod, updated: OnPodUpdated, deleted: OnPod);
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_sets.TryGet(key, out var set))
        {
            return ReconcileResult.Done;
        }

        var selector = LabelMatcher.From(set.Spec.Selector);
        var references = new ControllerRefManager<StatefulSet>(Client, set, selector);
        var (revisions, revisionError) = await references.ClaimAsync(_revisions.CandidatesOf(set).ToList(), null, cancellationToken);
        if (revisionError is not null)
        {
            return revisionError;
        }

        var (pods, podError) = await references.ClaimAsync(_pods.CandidatesOf(set).ToList(), p => StatefulPods.Ordinal(set, p) >= 0, cancellationToken);
        if (podError is not null)
        {
            return podError;
        }

        return await new StatefulSetStep(Client, _events, Time, _claims, set, pods, revisions).RunAsync(cancellationToken);
    }

    private void OnPod(Pod pod)
    {
        if (pod.ControllerRef is { } reference)
        {
            if (_sets.Resolve(pod.Metadata.Namespace, "StatefulSet", reference) is { } set)
            {
                Queue.Add(set.Key);
            }

            return;
        }

        foreach (var set in _sets.List(pod.Metadata.Namespace))
        {
            if (StatefulPods.Ordinal(set, pod) >= 0 && LabelMatcher.From(set.Spec.Selector).Matches(pod.Metadata.Labels))
            {
                Queue.Add(set.Key);
            }
        }
    }

    private void OnPodUpdated(Pod old, Pod pod)
    {
        if (old.ControllerRef?.Uid != pod.ControllerRef?.Uid && _sets.Resolve(old.Metadata.Namespace, "StatefulSet", old.ControllerRef) is { } former)
        {
            Queue.Add(former.Key);
        }

        OnPod(pod);
    }
}
