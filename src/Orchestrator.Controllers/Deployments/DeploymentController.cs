using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Apps.V1;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Deployments;

/// <summary>Deployments: hears of changes, gathers a Deployment's ReplicaSets, and lets a <see cref="Rollout"/> take the next step.</summary>
internal sealed class DeploymentController : QueueController
{
    private readonly IInformer<Deployment> _deployments;
    private readonly IInformer<ReplicaSet> _sets;
    private readonly IInformer<Pod> _pods;
    private readonly IEventRecorder _events;

    public DeploymentController(ControllerContext context)
        : base("deployment-controller", context, workers: 5)
    {
        _events = context.Recorder("deployment-controller");
        _deployments = Watch<Deployment>();
        _sets = context.Informers.Get<ReplicaSet>();
        _sets.AddControllerIndex();
        _sets.AddHandler(OnSetChanged, OnSetUpdated, OnSetChanged);
        _pods = context.Informers.Get<Pod>();
        _pods.AddControllerIndex();
        _pods.AddHandler(deleted: OnPodDeleted);
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_deployments.TryGet(key, out var deployment))
        {
            return ReconcileResult.Done;
        }

        if (deployment.Spec.Selector is { MatchLabels.Count: 0, MatchExpressions.Count: 0 })
        {
            _events.Warning(deployment, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
            if (deployment.Status.ObservedGeneration < deployment.Metadata.Generation)
            {
                var seen = await Client.UpdateStatusAsync(
                    deployment with { Status = deployment.Status with { ObservedGeneration = deployment.Metadata.Generation } }, cancellationToken);
                return seen.IsOk ? ReconcileResult.Done : seen.Error;
            }

            return ReconcileResult.Done;
        }

        var selector = LabelMatcher.From(deployment.Spec.Selector);
        var (sets, error) = await new ControllerRefManager<Deployment>(Client, deployment, selector)
            .ClaimAsync(_sets.CandidatesOf(deployment).ToList(), null, cancellationToken);
        return error is not null ? error : await new Rollout(Client, _events, Time, deployment, sets, OldPodsRun).StepAsync(cancellationToken);
    }

    /// <summary>Whether pods other than the newest ReplicaSet's have not ended yet.</summary>
    private bool OldPodsRun(IReadOnlyList<ReplicaSet> old)
    {
        foreach (var set in old)
        {
            if (set.Status.Replicas > 0 || _pods.OwnedBy(set).Any(static p => !p.IsTerminal))
            {
                return true;
            }
        }

        return false;
    }

    private void OnSetChanged(ReplicaSet set)
    {
        if (set.ControllerRef is { } reference)
        {
            if (_deployments.Resolve(set.Metadata.Namespace, "Deployment", reference) is { } deployment)
            {
                Queue.Add(deployment.Key);
            }

            return;
        }

        if (!set.IsBeingDeleted)
        {
            EnqueueAdopters(set);
        }
    }

    private void OnSetUpdated(ReplicaSet old, ReplicaSet set)
    {
        var moved = old.ControllerRef?.Uid != set.ControllerRef?.Uid;
        if (moved && _deployments.Resolve(old.Metadata.Namespace, "Deployment", old.ControllerRef) is { } former)
        {
            Queue.Add(former.Key);
        }

        if (set.ControllerRef is not null || moved || !old.Metadata.Labels.Equals(set.Metadata.Labels))
        {
            OnSetChanged(set);
        }
    }

    private void OnPodDeleted(Pod pod)
    {
        // A Recreate rollout goes on when the last old pod is gone, which no ReplicaSet's status tells.
        if (_sets.Resolve(pod.Metadata.Namespace, "ReplicaSet", pod.ControllerRef) is { } set
            && _deployments.Resolve(set.Metadata.Namespace, "Deployment", set.ControllerRef) is { Spec.Strategy.Type: "Recreate" } deployment)
        {
            Queue.Add(deployment.Key);
        }
    }

    private void EnqueueAdopters(ReplicaSet set)
    {
        foreach (var deployment in _deployments.List(set.Metadata.Namespace))
        {
            if (LabelMatcher.From(deployment.Spec.Selector).Matches(set.Metadata.Labels))
            {
                Queue.Add(deployment.Key);
            }
        }
    }
}
