using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Makes the claims of pods' ephemeral volumes. The pods own them, so the garbage collector takes them away.</summary>
internal sealed class EphemeralVolumeController : QueueController
{
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IEventRecorder _events;

    public EphemeralVolumeController(ControllerContext context)
        : base("ephemeral-volume-controller", context, workers: 2)
    {
        _events = context.Recorder("ephemeral_volume");
        _claims = context.Informers.Get<PersistentVolumeClaim>();
        _pods = context.Informers.Get<Pod>();
        _pods.AddHandler(added: p =>
        {
            if (!p.IsBeingDeleted && p.Spec.Volumes.Any(static v => v.Ephemeral is not null))
            {
                Queue.Add(p.Key);
            }
        });

        // A claim that was deleted under a pod is made anew.
        _claims.AddHandler(deleted: c =>
        {
            if (c.ControllerRef is { Kind: "Pod" } owner)
            {
                Queue.Add(new(c.Metadata.Namespace, owner.Name));
            }
        });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_pods.TryGet(key, out var pod) || pod.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.Ephemeral?.VolumeClaimTemplate is not { } template)
            {
                continue;
            }

            var name = ClaimUse.NameOf(pod, volume);
            if (_claims.Find(key.Namespace, name) is { } existing)
            {
                if (!existing.IsControlledBy(pod))
                {
                    // Never take over what somebody else made: it may hold data.
                    var why = $"PVC {key.Namespace}/{name} was not created for pod {key} (pod is not owner)";
                    _events.Warning(pod, "FailedBinding", $"ephemeral volume {volume.Name}: {why}");
                    return ReconcileResult.Failed(ClientStatus.UnreachableBecause(why));
                }

                continue;
            }

            var created = await Client.CreateAsync(
                new PersistentVolumeClaim
                {
                    Metadata = new()
                    {
                        Namespace = key.Namespace,
                        Name = name,
                        Labels = template.Metadata.Labels,
                        Annotations = template.Metadata.Annotations,
                        OwnerReferences = [pod.ToControllerRef()],
                    },
                    Spec = template.Spec,
                },
                cancellationToken);
            if (!created.IsOk && !created.IsNamespaceTerminating)
            {
                _events.Warning(pod, "FailedBinding", $"ephemeral volume {volume.Name}: create PVC {name}: {created.Error.Message}");
                return created.Error;
            }
        }

        return ReconcileResult.Done;
    }
}
