using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Claims that pods use and volumes that are bound stay until they are free: takes their protection finalizers away then, adds missing ones.</summary>
/// <remarks>Keys with a namespace are claims, those without are volumes.</remarks>
internal sealed class VolumeProtectionController : QueueController
{
    private const string ClaimFinalizer = "kubernetes.io/pvc-protection";
    private const string VolumeFinalizer = "kubernetes.io/pv-protection";
    private const string ClaimIndex = "claims";

    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IInformer<PersistentVolume> _volumes;
    private readonly IInformer<Pod> _pods;

    public VolumeProtectionController(ControllerContext context)
        : base("persistentvolumeclaim-protection-controller", context, workers: 2)
    {
        _claims = Watch<PersistentVolumeClaim>();
        _volumes = Watch<PersistentVolume>();
        _pods = context.Informers.Get<Pod>();
        _pods.AddIndex(ClaimIndex, static p => ClaimUse.Of(p).Select(c => p.Metadata.Namespace + "/" + c));
        _pods.AddHandler(updated: (_, p) => EnqueueClaims(p), deleted: EnqueueClaims);
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (key.Namespace.Length == 0)
        {
            return _volumes.TryGet(key, out var volume)
                ? await ProtectionFinalizer.SetAsync(Client, volume, VolumeFinalizer, volume.IsBeingDeleted && volume.Status.Phase != "Bound", cancellationToken)
                : ReconcileResult.Done;
        }

        if (!_claims.TryGet(key, out var claim))
        {
            return ReconcileResult.Done;
        }

        var free = claim.IsBeingDeleted && !IsUsed(claim, _pods.ByIndex(ClaimIndex, key.ToString()));
        if (free && claim.Metadata.Finalizers.Contains(ClaimFinalizer))
        {
            // The cache may not show the newest pod; the server does.
            var pods = await Client.ListAsync<Pod>(key.Namespace, null, cancellationToken);
            if (!pods.IsOk)
            {
                return pods.Error;
            }

            free = !IsUsed(claim, pods.Value.Items);
        }

        return await ProtectionFinalizer.SetAsync(Client, claim, ClaimFinalizer, free, cancellationToken);
    }

    // A pod that no node runs holds nothing; one that has ended does, as long as it is there, unless the claim is to go with it.
    private static bool IsUsed(PersistentVolumeClaim claim, IEnumerable<Pod> pods) => pods.Any(p => p.Spec.NodeName.Length > 0 && p.Spec.Volumes.Any(v =>
        v.PersistentVolumeClaim?.ClaimName == claim.Metadata.Name
        || (v.Ephemeral is not null && p is not { IsBeingDeleted: true, Metadata.DeletionGracePeriodSeconds: 0 }
            && ClaimUse.NameOf(p, v) == claim.Metadata.Name && claim.IsControlledBy(p))));

    private void EnqueueClaims(Pod pod)
    {
        foreach (var claim in ClaimUse.Of(pod))
        {
            Queue.Add(new(pod.Metadata.Namespace, claim));
        }
    }
}
