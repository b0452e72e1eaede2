using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Says of bound claims that ask for more than they have who will see to it: the CSI driver's resizer, since no volume of ours grows here.</summary>
internal sealed class VolumeExpansionController : QueueController
{
    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IInformer<PersistentVolume> _volumes;
    private readonly IEventRecorder _events;

    public VolumeExpansionController(ControllerContext context)
        : base("persistentvolume-expander-controller", context, workers: 1)
    {
        _events = context.Recorder("volume_expand");
        _volumes = context.Informers.Get<PersistentVolume>();
        _claims = context.Informers.Get<PersistentVolumeClaim>();
        _claims.AddHandler(added: Look, updated: (old, claim) =>
        {
            if (Requested(claim) > Requested(old))
            {
                Look(claim);
            }
        });
    }

    public override ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_claims.TryGet(key, out var claim)
            && Requested(claim) > (claim.Status.Capacity.GetValueOrDefault("storage") ?? Quantity.Zero)
            && _volumes.TryGet(new("", claim.Spec.VolumeName), out var volume)
            && volume.Spec.ClaimRef?.Uid == claim.Metadata.Uid)
        {
            _events.Normal(claim, "ExternalExpanding", "waiting for an external controller to expand this PVC");
        }

        return new(ReconcileResult.Done);
    }

    private static Quantity Requested(PersistentVolumeClaim claim) => claim.Spec.Resources.Requests.GetValueOrDefault("storage") ?? Quantity.Zero;

    private void Look(PersistentVolumeClaim claim)
    {
        if (claim.Status.Phase == "Bound")
        {
            Queue.Add(claim.Key);
        }
    }
}
