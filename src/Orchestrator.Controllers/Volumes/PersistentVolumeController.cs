using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Binds claims to volumes and volumes to claims, releases and reclaims volumes, and asks provisioners for new ones.</summary>
/// <remarks>
/// Keys with a namespace are claims, those without are volumes. Binding takes four writes (volume, its phase, claim, its status), each of
/// which a later pass makes good if this one is cut off.
/// </remarks>
internal sealed class PersistentVolumeController : QueueController
{
    private const string SelectedNode = "volume.kubernetes.io/selected-node";
    private const string Provisioner = "volume.kubernetes.io/storage-provisioner";
    private const string OldProvisioner = "volume.beta.kubernetes.io/storage-provisioner";
    private const string ProvisionedBy = "pv.kubernetes.io/provisioned-by";

    // Pods that wait for a node, by the claims that they use.
    private const string ConsumerIndex = "waiting-claims";

    // Pods that have not ended, by the claims that they use.
    private const string RecycledClaimIndex = "claims-in-use";

    // A waiting claim is looked at again so often, since new volumes tell about themselves but clocks do not.
    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(15);

    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IInformer<PersistentVolume> _volumes;
    private readonly IInformer<StorageClass> _classes;
    private readonly IInformer<Pod> _pods;
    private readonly IEventRecorder _events;
    private readonly HostPathProvisioner? _hostPaths;

    public PersistentVolumeController(ControllerContext context)
        : base("persistentvolume-binder-controller", context, workers: 1)
    {
        _events = context.Recorder("persistentvolume-controller");
        _hostPaths = context.Options.HostPathProvisionerRoot.Length > 0 ? new(context.Options.HostPathProvisionerRoot) : null;
        _claims = Watch<PersistentVolumeClaim>();
        _claims.OnChange(c =>
        {
            if (c.Spec.VolumeName.Length > 0)
            {
                Queue.Add(new("", c.Spec.VolumeName));
            }
        });
        _volumes = context.Informers.Get<PersistentVolume>();
        _volumes.OnChange(v =>
        {
            Queue.Add(v.Key);
            if (v.Spec.ClaimRef is { } claim)
            {
                Queue.Add(new(claim.Namespace, claim.Name));
            }
            else
            {
                EnqueueWaiting(VolumeMatch.ClassOf(v));
            }
        });
        _pods = context.Informers.Get<Pod>();
        _pods.AddIndex(ConsumerIndex, static p => p.Spec.NodeName.Length > 0 || p.IsTerminal ? [] : ClaimUse.Of(p).Select(c => p.Metadata.Namespace + "/" + c));
        _pods.AddIndex(RecycledClaimIndex, static p => p.IsTerminal ? [] : ClaimUse.Of(p).Select(c => p.Metadata.Namespace + "/" + c));
        _pods.OnChange(p =>
        {
            if (VolumeRecycler.VolumeOf(p) is { } volume)
            {
                Queue.Add(new("", volume));
            }
        });
        _classes = context.Informers.Get<StorageClass>();
        _classes.AddHandler(added: c => EnqueueWaiting(c.Metadata.Name), updated: (_, c) => EnqueueWaiting(c.Metadata.Name));
    }

    public override ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => key.Namespace.Length > 0
        ? _claims.TryGet(key, out var claim) ? SyncClaimAsync(claim, cancellationToken) : new(ReconcileResult.Done)
        : _volumes.TryGet(key, out var volume) ? SyncVolumeAsync(volume, cancellationToken) : new(ReconcileResult.Done);

    private async ValueTask<ReconcileResult> SyncClaimAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if (claim.Metadata.Annotations.ContainsKey(VolumeMatch.BindCompleted))
        {
            return await SyncBoundAsync(claim, cancellationToken);
        }

        if (claim.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        if (claim.Spec.VolumeName.Length > 0)
        {
            if (!_volumes.TryGet(new("", claim.Spec.VolumeName), out var named))
            {
                return await WaitAsync(claim, cancellationToken);
            }

            if (named.Spec.ClaimRef is not null && !VolumeMatch.IsBoundTo(named, claim))
            {
                _events.Warning(claim, "FailedBinding", $"volume \"{named.Metadata.Name}\" already bound to a different claim.");
                return await WaitAsync(claim, cancellationToken);
            }

            if (named.Spec.ClaimRef is null && VolumeMatch.Misfit(named, claim) is { } why)
            {
                _events.Warning(claim, "VolumeMismatch", $"Cannot bind to requested volume \"{named.Metadata.Name}\": {why}");
                return await WaitAsync(claim, cancellationToken);
            }

            return await BindAsync(claim, named, cancellationToken);
        }

        var className = VolumeMatch.ClassOf(claim);
        var storageClass = className.Length > 0 ? _classes.Find("", className) : null;
        var isLate = storageClass?.VolumeBindingMode == "WaitForFirstConsumer";
        var delayed = isLate && !claim.Metadata.Annotations.ContainsKey(SelectedNode);

        // Once the scheduler has chosen a node, too: it would have chosen one of the volumes that are there, had there been one for it.
        if (VolumeMatch.Best(claim, _volumes.List(), onlyNamed: isLate) is { } volume)
        {
            return await BindAsync(claim, volume, cancellationToken);
        }

        if (VolumeMatch.Best(claim, _volumes.List(), onlyNamed: isLate, phase: "Pending") is not null)
        {
            // A volume that fits is so new that nobody has called it available yet; that brings the claim back here.
            return await WaitAsync(claim, cancellationToken);
        }

        if (delayed)
        {
            var consumers = _pods.ByIndex(ConsumerIndex, claim.Key.ToString()).Select(static p => p.Metadata.Name).Order(StringComparer.Ordinal).ToList();
            if (consumers.Count == 0)
            {
                _events.Normal(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
            }
            else
            {
                _events.Normal(claim, "WaitForPodScheduled", $"waiting for pod{(consumers.Count > 1 ? "s" : "")} {string.Join(',', consumers)} to be scheduled");
            }

            return await WaitAsync(claim, cancellationToken);
        }

        if (className.Length == 0)
        {
            _events.Normal(claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
            return await WaitAsync(claim, cancellationToken);
        }

        if (storageClass is null)
        {
            _events.Warning(claim, "ProvisioningFailed", $"storageclass.storage.k8s.io \"{className}\" not found");
            return await WaitAsync(claim, cancellationToken);
        }

        return await ProvisionAsync(claim, storageClass, cancellationToken);
    }

    private async ValueTask<ReconcileResult> ProvisionAsync(PersistentVolumeClaim claim, StorageClass storageClass, CancellationToken cancellationToken)
    {
        if (_hostPaths is not null && storageClass.Provisioner == HostPathProvisioner.Name)
        {
            var created = await Client.CreateAsync(_hostPaths.VolumeFor(claim, storageClass), cancellationToken);
            if (created.IsOk)
            {
                _events.Normal(claim, "ProvisioningSucceeded", $"Successfully provisioned volume {created.Value.Metadata.Name} using {storageClass.Provisioner}");
                return ReconcileResult.Done;
            }

            if (!created.IsAlreadyExists)
            {
                _events.Warning(claim, "ProvisioningFailed", $"Failed to provision volume with StorageClass \"{storageClass.Metadata.Name}\": {created.Error.Message}");
                return created.Error;
            }

            return ReconcileResult.Done;
        }

        if (storageClass.Provisioner.StartsWith("kubernetes.io/", StringComparison.Ordinal) && !IsMigrated(storageClass.Provisioner))
        {
            // A name of ours, and none of us: nobody outside will make this volume.
            _events.Warning(claim, "ProvisioningFailed", storageClass.Provisioner == HostPathProvisioner.Name
                ? $"Failed to create provisioner: provisioning in volume plugin \"{HostPathProvisioner.Name}\" is disabled"
                : $"no volume plugin matched name: {storageClass.Provisioner}");
            return await WaitAsync(claim, cancellationToken);
        }

        if (claim.Metadata.Annotations.GetValueOrDefault(Provisioner) != storageClass.Provisioner)
        {
            var annotated = await Client.UpdateAsync(
                claim with
                {
                    Metadata = claim.Metadata with
                    {
                        Annotations = claim.Metadata.Annotations.With(Provisioner, storageClass.Provisioner).With(OldProvisioner, storageClass.Provisioner),
                    },
                },
                cancellationToken);
            if (!annotated.IsOk)
            {
                return annotated.IsNotFound ? ReconcileResult.Done : annotated.Error;
            }

            claim = annotated.Value;
        }

        _events.Normal(
            claim,
            "ExternalProvisioning",
            $"Waiting for a volume to be created either by the external provisioner '{storageClass.Provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.");
        return await WaitAsync(claim, cancellationToken);
    }

    private async ValueTask<ReconcileResult> SyncBoundAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if (claim.Spec.VolumeName.Length == 0)
        {
            return await LoseAsync(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!", cancellationToken);
        }

        if (!_volumes.TryGet(new("", claim.Spec.VolumeName), out var volume))
        {
            // The cache may lag behind the claim's.
            var fresh = await Client.GetAsync<PersistentVolume>(new ObjectKey("", claim.Spec.VolumeName), cancellationToken);
            if (fresh.IsNotFound)
            {
                return await LoseAsync(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", cancellationToken);
            }

            if (!fresh.IsOk)
            {
                return fresh.Error;
            }

            volume = fresh.Value;
        }

        return volume.Spec.ClaimRef is null || VolumeMatch.IsBoundTo(volume, claim)
            ? await BindAsync(claim, volume, cancellationToken)
            : await LoseAsync(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", cancellationToken);
    }

    private async ValueTask<ReconcileResult> LoseAsync(PersistentVolumeClaim claim, string reason, string message, CancellationToken cancellationToken)
    {
        if (claim.Status.Phase == "Lost")
        {
            return ReconcileResult.Done;
        }

        var written = await Client.UpdateStatusAsync(claim with { Status = new() { Phase = "Lost" } }, cancellationToken);
        if (!written.IsOk)
        {
            return written.IsNotFound ? ReconcileResult.Done : written.Error;
        }

        _events.Warning(claim, reason, message);
        return ReconcileResult.Done;
    }

    private async ValueTask<ReconcileResult> WaitAsync(PersistentVolumeClaim claim, CancellationToken cancellationToken)
    {
        if (claim.Status.Phase != "Pending")
        {
            var written = await Client.UpdateStatusAsync(claim with { Status = claim.Status with { Phase = "Pending" } }, cancellationToken);
            if (!written.IsOk && !written.IsNotFound)
            {
                return written.Error;
            }
        }

        return ReconcileResult.RevisitAfter(Resync);
    }

    private async ValueTask<ReconcileResult> BindAsync(PersistentVolumeClaim claim, PersistentVolume volume, CancellationToken cancellationToken)
    {
        // 1. The volume names the claim.
        if (volume.Spec.ClaimRef is null || volume.Spec.ClaimRef.Uid != claim.Metadata.Uid)
        {
            var annotations = volume.Spec.ClaimRef is null ? volume.Metadata.Annotations.With(VolumeMatch.BoundByController, "yes") : volume.Metadata.Annotations;
            var named = await Client.UpdateAsync(
                volume with { Metadata = volume.Metadata with { Annotations = annotations }, Spec = volume.Spec with { ClaimRef = claim.ToReference() } }, cancellationToken);
            if (!named.IsOk)
            {
                return named.Error;
            }

            volume = named.Value;
        }

        // 2. Its phase.
        if (await SetPhaseAsync(volume, "Bound", cancellationToken) is { } phaseError)
        {
            return phaseError;
        }

        // 3. The claim names the volume.
        if (claim.Spec.VolumeName != volume.Metadata.Name || !claim.Metadata.Annotations.ContainsKey(VolumeMatch.BindCompleted))
        {
            var annotations = claim.Metadata.Annotations.With(VolumeMatch.BindCompleted, "yes");
            if (claim.Spec.VolumeName.Length == 0)
            {
                annotations = annotations.With(VolumeMatch.BoundByController, "yes");
            }

            var bound = await Client.UpdateAsync(
                claim with { Metadata = claim.Metadata with { Annotations = annotations }, Spec = claim.Spec with { VolumeName = volume.Metadata.Name } }, cancellationToken);
            if (!bound.IsOk)
            {
                return bound.Error;
            }

            claim = bound.Value;
        }

        // 4. Its status. What the node's file system has grown to is the node's to say.
        var capacity = claim.Status.Phase == "Bound" && claim.Status.Capacity.Count > 0 ? claim.Status.Capacity : volume.Spec.Capacity;
        var status = claim.Status with { Phase = "Bound", AccessModes = volume.Spec.AccessModes, Capacity = capacity };
        if (status.Equals(claim.Status))
        {
            return ReconcileResult.Done;
        }

        var written = await Client.UpdateStatusAsync(claim with { Status = status }, cancellationToken);
        return written.IsOk || written.IsNotFound ? ReconcileResult.Done : written.Error;
    }

    private async ValueTask<ReconcileResult> SyncVolumeAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        if (volume.Spec.ClaimRef is not { } reference)
        {
            return await PhaseAsync("Available");
        }

        if (reference.Uid.Length == 0)
        {
            // Reserved by its maker; the claim binds when it comes.
            Queue.Add(new(reference.Namespace, reference.Name));
            return await PhaseAsync("Available");
        }

        if (!_claims.TryGet(new(reference.Namespace, reference.Name), out var claim) || claim.Metadata.Uid != reference.Uid)
        {
            var fresh = await Client.GetAsync<PersistentVolumeClaim>(reference.Namespace, reference.Name, cancellationToken);
            if (!fresh.IsOk && !fresh.IsNotFound)
            {
                return fresh.Error;
            }

            if (fresh.IsNotFound || fresh.Value.Metadata.Uid != reference.Uid)
            {
                return await ReclaimAsync(volume, cancellationToken);
            }

            claim = fresh.Value;
        }

        if (claim.Spec.VolumeName == volume.Metadata.Name)
        {
            return await PhaseAsync("Bound");
        }

        if (claim.Spec.VolumeName.Length == 0)
        {
            if (!VolumeMatch.SameMode(volume, claim))
            {
                _events.Warning(volume, "VolumeMismatch", $"Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{claim.Metadata.Name}\" due to incompatible volumeMode.");
                _events.Warning(claim, "VolumeMismatch", $"Cannot bind PersistentVolume \"{volume.Metadata.Name}\" to requested PersistentVolumeClaim due to incompatible volumeMode.");
                return ReconcileResult.Done;
            }

            Queue.Add(claim.Key);
            return ReconcileResult.Done;
        }

        // The claim went to another volume.
        if (volume.Metadata.Annotations.ContainsKey(ProvisionedBy) && volume.Spec.PersistentVolumeReclaimPolicy == "Delete")
        {
            return await ReclaimAsync(volume, cancellationToken);
        }

        var freed = volume.Metadata.Annotations.ContainsKey(VolumeMatch.BoundByController) ? null : reference with { Uid = "", ResourceVersion = "" };
        var unbound = await Client.UpdateAsync(
            volume with
            {
                Metadata = volume.Metadata with { Annotations = volume.Metadata.Annotations.Without(VolumeMatch.BoundByController) },
                Spec = volume.Spec with { ClaimRef = freed },
            },
            cancellationToken);
        return unbound.IsOk || unbound.IsNotFound ? ReconcileResult.Done : unbound.Error;

        async ValueTask<ReconcileResult> PhaseAsync(string phase) =>
            await SetPhaseAsync(volume, phase, cancellationToken) is { } error ? error : ReconcileResult.Done;
    }

    private async ValueTask<ReconcileResult> ReclaimAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        // A failed deletion stays to be seen.
        if (volume.Status.Phase != "Failed" && await SetPhaseAsync(volume, "Released", cancellationToken) is { } error)
        {
            return error;
        }

        if (volume.Spec.PersistentVolumeReclaimPolicy == "Recycle" && !volume.IsBeingDeleted)
        {
            return await RecycleAsync(volume, cancellationToken);
        }

        if (volume.Spec.PersistentVolumeReclaimPolicy != "Delete" || volume.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        var provisioner = volume.Metadata.Annotations.GetValueOrDefault(ProvisionedBy) ?? "";
        if (provisioner.Length > 0 && provisioner != HostPathProvisioner.Name)
        {
            // Volumes of external provisioners are theirs to delete.
            return ReconcileResult.Done;
        }

        if (provisioner.Length == 0 && HostPathProvisioner.CannotDelete(volume) is { } why)
        {
            return await FailAsync(volume, "VolumeFailedDelete", why, cancellationToken);
        }

        var deleted = await Client.DeleteAsync(volume, cancellationToken);
        return deleted.IsOk || deleted.IsNotFound ? ReconcileResult.Done : deleted.Error;
    }

    /// <summary>Empties a released volume by a pod, and makes it available again when that has succeeded.</summary>
    private async ValueTask<ReconcileResult> RecycleAsync(PersistentVolume volume, CancellationToken cancellationToken)
    {
        if (volume.Status.Phase == "Failed")
        {
            return ReconcileResult.Done;
        }

        var reference = volume.Spec.ClaimRef!;
        var users = _pods.ByIndex(RecycledClaimIndex, reference.Namespace + "/" + reference.Name).Select(static p => p.Key.ToString()).Order(StringComparer.Ordinal).ToList();
        if (users.Count > 0 && !_claims.TryGet(new(reference.Namespace, reference.Name), out _))
        {
            _events.Normal(volume, "VolumeFailedRecycle", $"Volume is used by pods: {string.Join(',', users)}");
            return ReconcileResult.RevisitAfter(Resync);
        }

        if (VolumeRecycler.For(volume) is not { } wanted)
        {
            return await FailAsync(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!", cancellationToken);
        }

        if (!_pods.TryGet(wanted.Key, out var pod))
        {
            var created = await Client.CreateAsync(wanted, cancellationToken);
            return created.IsOk || created.IsAlreadyExists ? ReconcileResult.Done : created.Error;
        }

        if (!pod.IsTerminal || pod.IsBeingDeleted)
        {
            return ReconcileResult.Done;
        }

        if (pod.Status.Phase == "Failed")
        {
            var why = pod.Status.Message.Length > 0 ? pod.Status.Message : "pod failed, pod.Status.Message unknown";
            var failed = await FailAsync(volume, "VolumeFailedRecycle", $"Recycle failed: {why}", cancellationToken);
            await Client.DeleteAsync(pod, cancellationToken);
            return failed;
        }

        var freed = await Client.UpdateAsync(
            volume with
            {
                Metadata = volume.Metadata with { Annotations = volume.Metadata.Annotations.Without(VolumeMatch.BoundByController) },
                Spec = volume.Spec with { ClaimRef = volume.Metadata.Annotations.ContainsKey(VolumeMatch.BoundByController) ? null : reference with { Uid = "", ResourceVersion = "" } },
            },
            cancellationToken);
        if (!freed.IsOk)
        {
            return freed.IsNotFound ? ReconcileResult.Done : freed.Error;
        }

        _events.Normal(volume, "VolumeRecycled", "Volume recycled");
        await Client.DeleteAsync(pod, cancellationToken);
        return await SetPhaseAsync(freed.Value, "Available", cancellationToken) is { } error ? error : ReconcileResult.Done;
    }

    private async ValueTask<ReconcileResult> FailAsync(PersistentVolume volume, string reason, string why, CancellationToken cancellationToken)
    {
        if (volume.Status.Phase == "Failed" && volume.Status.Message == why)
        {
            return ReconcileResult.Done;
        }

        var fresh = await Client.GetAsync<PersistentVolume>(volume.Key, cancellationToken);
        if (!fresh.IsOk)
        {
            return fresh.IsNotFound ? ReconcileResult.Done : fresh.Error;
        }

        var status = fresh.Value.Status with { Phase = "Failed", Message = why, LastPhaseTransitionTime = Time.NowSeconds() };
        var written = await Client.UpdateStatusAsync(fresh.Value with { Status = status }, cancellationToken);
        if (written.IsOk)
        {
            _events.Warning(volume, reason, why);
        }

        return written.IsOk || written.IsNotFound ? ReconcileResult.Done : written.Error;
    }

    /// <summary>Provisioners that left the tree: their CSI drivers answer to the old names.</summary>
    private static bool IsMigrated(string provisioner) => provisioner["kubernetes.io/".Length..] is
        "aws-ebs" or "gce-pd" or "azure-disk" or "azure-file" or "cinder" or "vsphere-volume" or "portworx-volume";

    private async ValueTask<Status?> SetPhaseAsync(PersistentVolume volume, string phase, CancellationToken cancellationToken)
    {
        if (volume.Status.Phase == phase)
        {
            return null;
        }

        var status = volume.Status with { Phase = phase, Message = "", LastPhaseTransitionTime = Time.NowSeconds() };
        var written = await Client.UpdateStatusAsync(volume with { Status = status }, cancellationToken);
        return written.IsOk || written.IsNotFound ? null : written.Error;
    }

    private void EnqueueWaiting(string className)
    {
        foreach (var claim in _claims.List())
        {
            if (claim.Status.Phase != "Bound" && VolumeMatch.ClassOf(claim) == className)
            {
                Queue.Add(claim.Key);
            }
        }
    }
}
