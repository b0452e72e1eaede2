using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>VolumeAttributesClasses stay until no claim and no volume names them: takes their protection finalizer away then, adds a missing one.</summary>
internal sealed class AttributesClassProtectionController : QueueController
{
    private const string Finalizer = "kubernetes.io/vac-protection";

    private readonly IInformer<VolumeAttributesClass> _classes;
    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IInformer<PersistentVolume> _volumes;

    public AttributesClassProtectionController(ControllerContext context)
        : base("volumeattributesclass-protection-controller", context, workers: 1)
    {
        _classes = Watch<VolumeAttributesClass>();
        _claims = context.Informers.Get<PersistentVolumeClaim>();
        _claims.AddHandler(updated: (old, _) => Enqueue(NamesOf(old)), deleted: c => Enqueue(NamesOf(c)));
        _volumes = context.Informers.Get<PersistentVolume>();
        _volumes.AddHandler(updated: (old, _) => Enqueue([old.Spec.VolumeAttributesClassName]), deleted: v => Enqueue([v.Spec.VolumeAttributesClassName]));
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        return _classes.TryGet(key, out var @class)
            ? await ProtectionFinalizer.SetAsync(Client, @class, Finalizer, @class.IsBeingDeleted && !IsUsed(key.Name), cancellationToken)
            : ReconcileResult.Done;
    }

    private static IEnumerable<string?> NamesOf(PersistentVolumeClaim claim) =>
        [claim.Spec.VolumeAttributesClassName, claim.Status.CurrentVolumeAttributesClassName, claim.Status.ModifyVolumeStatus?.TargetVolumeAttributesClassName];

    private bool IsUsed(string name) =>
        _claims.List().Any(c => NamesOf(c).Contains(name)) || _volumes.List().Any(v => v.Spec.VolumeAttributesClassName == name);

    private void Enqueue(IEnumerable<string?> names)
    {
        foreach (var name in names)
        {
            if (name is { Length: > 0 })
            {
                Queue.Add(new("", name));
            }
        }
    }
}
