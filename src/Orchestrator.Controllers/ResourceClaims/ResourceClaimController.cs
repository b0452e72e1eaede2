using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Client;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Controllers.ResourceClaims;

/// <summary>Makes the device claims of pods from their templates, tells the pods their names, and frees what no pod uses any more.</summary>
/// <remarks>The scheduler allocates devices and reserves claims; only this controller takes allocations and reservations back.</remarks>
internal sealed class ResourceClaimController : QueueController
{
    private const string Manager = "ResourceClaimController";

    /// <summary>Says on a claim which of its pod's claims it was made for.</summary>
    private const string PodClaimAnnotation = "resource.kubernetes.io/pod-claim-name";

    private const string OwnedByPod = "owner pod";

    private readonly IInformer<Pod> _pods;
    private readonly IInformer<ResourceClaim> _claims;
    private readonly IInformer<ResourceClaimTemplate> _templates;
    private readonly IEventRecorder _events;
    private readonly WorkQueue<ObjectKey> _podQueue;

    public ResourceClaimController(ControllerContext context)
        : base("resourceclaim-controller", context, workers: 2)
    {
        _events = context.Recorder("resource_claim");
        _podQueue = new(context.Time, name: "resourceclaim-controller-pods");
        _claims = context.Informers.Get<ResourceClaim>();
        _claims.AddIndex(OwnedByPod, static c => c.ControllerRef is { Kind: "Pod" } owner ? [owner.Uid] : []);
        _templates = context.Informers.Get<ResourceClaimTemplate>();
        _pods = context.Informers.Get<Pod>();
        _pods.AddHandler(added: p => OnPod(p, isGone: false), updated: (_, p) => OnPod(p, isGone: false), deleted: p => OnPod(p, isGone: true));

        // A claim that was deleted under a pod is made anew.
        _claims.AddHandler(added: c => Queue.Add(c.Key), updated: (_, c) => Queue.Add(c.Key), deleted: OnClaimDeleted);
        _templates.AddHandler(added: OnTemplate);
    }

    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            base.RunAsync(cancellationToken),
            new ReconcileLoop($"{Name}-pods", new PodReconciler(this), _podQueue, Logger).RunAsync(2, cancellationToken));
        _podQueue.Dispose();
    }

    /// <summary>Reservations of pods that have ended go; what nobody has reserved is not allocated; what was made for a pod that has ended goes.</summary>
    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_claims.TryGet(key, out var claim))
        {
            return ReconcileResult.Done;
        }

        // 1. Who still uses it?
        var users = new List<ResourceClaimConsumerReference>();
        foreach (var consumer in claim.Status.ReservedFor)
        {
            if (consumer is not { ApiGroup: "", Resource: "pods" } || await IsInUseAsync(new(key.Namespace, consumer.Name), consumer.Uid, cancellationToken))
            {
                users.Add(consumer);
            }
        }

        // 2. Without users it needs no devices.
        var isOurs = claim.Metadata.Finalizers.Contains(ResourceClaimExtensions.DeleteProtection);
        if (users.Count < claim.Status.ReservedFor.Count || (users.Count == 0 && isOurs && claim.IsBeingDeleted && claim.Status.Allocation is not null))
        {
            var freed = await Client.UpdateStatusAsync(
                claim with { Status = claim.Status with { ReservedFor = [.. users], Allocation = users.Count == 0 && isOurs ? null : claim.Status.Allocation } },
                cancellationToken);
            if (!freed.IsOk)
            {
                return freed.IsNotFound ? ReconcileResult.Done : freed.Error;
            }

            var wasInUse = claim.Status.ReservedFor.Count > 0;
            claim = freed.Value;
            if (wasInUse && isOurs && claim.Status.Allocation is null && await ReleaseAsync(claim, cancellationToken) is { } failure)
            {
                return failure;
            }
        }

        if (users.Count == 0 && isOurs && claim.IsBeingDeleted && claim.Status.Allocation is null)
        {
            return await ReleaseAsync(claim, cancellationToken) ?? ReconcileResult.Done;
        }

        // 3. A claim for one pod ends with the pod. A pod that is gone is the garbage collector's matter.
        if (users.Count == 0 && !claim.IsBeingDeleted && claim.ControllerRef is { Kind: "Pod" } owner
            && _pods.TryGet(new(key.Namespace, owner.Name), out var pod) && pod.Metadata.Uid == owner.Uid && IsOver(pod))
        {
            var deleted = await Client.DeleteAsync(claim, cancellationToken);
            return deleted.IsOk || deleted.IsNotFound ? ReconcileResult.Done : deleted.Error;
        }

        return ReconcileResult.Done;
    }

    private static bool IsOver(Pod pod) => pod.IsTerminal || (pod.IsBeingDeleted && pod.Spec.NodeName.Length == 0);

    private void OnPod(Pod pod, bool isGone)
    {
        if (pod.Spec.ResourceClaims.Count == 0)
        {
            return;
        }

        if (!isGone && !IsOver(pod))
        {
            _podQueue.Add(pod.Key);
            return;
        }

        foreach (var podClaim in pod.Spec.ResourceClaims)
        {
            if (NameOf(pod, podClaim) is { } name)
            {
                Queue.Add(new(pod.Metadata.Namespace, name));
            }
        }
    }

    private void OnClaimDeleted(ResourceClaim claim)
    {
        if (claim.ControllerRef is { Kind: "Pod" } owner)
        {
            _podQueue.Add(new(claim.Metadata.Namespace, owner.Name));
        }
    }

    /// <summary>Pods may have been waiting for a template.</summary>
    private void OnTemplate(ResourceClaimTemplate template)
    {
        foreach (var pod in _pods.List(template.Metadata.Namespace))
        {
            if (pod.Spec.ResourceClaims.Any(c => c.ResourceClaimTemplateName == template.Metadata.Name))
            {
                _podQueue.Add(pod.Key);
            }
        }
    }

    private static string? NameOf(Pod pod, PodResourceClaim podClaim) =>
        podClaim.ResourceClaimName ?? pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == podClaim.Name)?.ResourceClaimName;

    /// <summary>Whether a pod still uses what it reserved. The cache may not know a new pod yet, so absence is asked of the server.</summary>
    private async ValueTask<bool> IsInUseAsync(ObjectKey key, string uid, CancellationToken cancellationToken)
    {
        if (_pods.TryGet(key, out var pod) && pod.Metadata.Uid == uid)
        {
            return !IsOver(pod);
        }

        var asked = await Client.GetAsync<Pod>(key, cancellationToken);
        return asked.IsOk ? asked.Value.Metadata.Uid == uid && !IsOver(asked.Value) : !asked.IsNotFound;
    }

    private async ValueTask<ReconcileResult?> ReleaseAsync(ResourceClaim claim, CancellationToken cancellationToken)
    {
        if (!claim.Metadata.Finalizers.Contains(ResourceClaimExtensions.DeleteProtection))
        {
            return null;
        }

        var released = await Client.UpdateAsync(
            claim with { Metadata = claim.Metadata with { Finalizers = [.. claim.Metadata.Finalizers.Where(static f => f != ResourceClaimExtensions.DeleteProtection)] } }, cancellationToken);
        return released.IsOk || released.IsNotFound ? (ReconcileResult?)null : ReconcileResult.Failed(released.Error);
    }

    private async ValueTask<ReconcileResult> ReconcilePodAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_pods.TryGet(key, out var pod) || pod.IsBeingDeleted || pod.IsTerminal)
        {
            return ReconcileResult.Done;
        }

        // 1. The claims that templates ask for.
        var made = new Dictionary<string, string>();
        foreach (var podClaim in pod.Spec.ResourceClaims)
        {
            if (podClaim.ResourceClaimTemplateName is not { } templateName)
            {
                continue;
            }

            var (name, failure) = await EnsureAsync(pod, podClaim.Name, templateName, cancellationToken);
            if (failure is not null)
            {
                _events.Warning(pod, "FailedResourceClaimCreation", $"PodResourceClaim {podClaim.Name}: {failure.Message}");
                return failure;
            }

            made[podClaim.Name] = name!;
        }

        // 2. Their names, by which the scheduler and the node find them.
        if (made.Any(m => pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == m.Key)?.ResourceClaimName != m.Value))
        {
            var told = await Client.ApplyStatusAsync(
                new Pod
                {
                    Metadata = new() { Namespace = key.Namespace, Name = key.Name },
                    Status = new() { ResourceClaimStatuses = [.. made.Select(static m => new PodResourceClaimStatus { Name = m.Key, ResourceClaimName = m.Value })] },
                },
                Manager,
                cancellationToken);
            if (!told.IsOk)
            {
                return told.IsNotFound ? ReconcileResult.Done : told.Error;
            }
        }

        // 3. A pod that was given its node by somebody else than the scheduler has reserved nothing yet.
        return pod.Spec.NodeName.Length == 0 ? ReconcileResult.Done : await ReserveAsync(pod, made, cancellationToken);
    }

    private async ValueTask<(string? Name, Status? Failure)> EnsureAsync(Pod pod, string podClaim, string templateName, CancellationToken cancellationToken)
    {
        if (pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == podClaim) is { ResourceClaimName: { } told }
            && _claims.Find(pod.Metadata.Namespace, told) is { } known && known.IsControlledBy(pod))
        {
            return (told, null);
        }

        foreach (var owned in _claims.ByIndex(OwnedByPod, pod.Metadata.Uid))
        {
            if (owned.Metadata.Annotations.GetValueOrDefault(PodClaimAnnotation) == podClaim)
            {
                return (owned.Metadata.Name, null);
            }
        }

        if (_templates.Find(pod.Metadata.Namespace, templateName) is not { } template)
        {
            return (null, ClientStatus.UnreachableBecause($"resource claim template \"{templateName}\": resourceclaimtemplate.resource.k8s.io \"{templateName}\" not found"));
        }

        // Names are made up by the server, so nothing else would stop a second claim while the cache does not show the first.
        var list = await Client.ListAsync<ResourceClaim>(pod.Metadata.Namespace, null, cancellationToken);
        if (!list.IsOk)
        {
            return (null, list.Error);
        }

        if (list.Value.Items.FirstOrDefault(c => c.IsControlledBy(pod) && c.Metadata.Annotations.GetValueOrDefault(PodClaimAnnotation) == podClaim) is { } there)
        {
            return (there.Metadata.Name, null);
        }

        var created = await Client.CreateAsync(
            new ResourceClaim
            {
                Metadata = new()
                {
                    Namespace = pod.Metadata.Namespace,
                    GenerateName = BaseName(pod.Metadata.Name, podClaim),
                    Labels = template.Spec.Metadata.Labels,
                    Annotations = template.Spec.Metadata.Annotations.With(PodClaimAnnotation, podClaim),
                    OwnerReferences = [pod.ToControllerRef()],
                },
                Spec = template.Spec.Spec,
            },
            cancellationToken);
        return created.IsOk ? (created.Value.Metadata.Name, null) : (null, created.Error);
    }

    /// <summary>What the server adds five characters to. Of long names both parts keep their share.</summary>
    internal static string BaseName(string pod, string claim)
    {
        const int LengthMax = 57;
        var whole = $"{pod}-{claim}-";
        return whole.Length <= LengthMax ? whole : $"{pod[..(pod.Length * LengthMax / whole.Length)]}-{claim[..(claim.Length * LengthMax / whole.Length)]}";
    }

    private async ValueTask<ReconcileResult> ReserveAsync(Pod pod, Dictionary<string, string> made, CancellationToken cancellationToken)
    {
        foreach (var podClaim in pod.Spec.ResourceClaims)
        {
            var name = podClaim.ResourceClaimName ?? made.GetValueOrDefault(podClaim.Name);
            if (name is null || _claims.Find(pod.Metadata.Namespace, name) is not { Status.Allocation: not null } claim
                || claim.IsReservedFor(pod.Metadata.Uid) || (podClaim.ResourceClaimName is null && !claim.IsControlledBy(pod)))
            {
                continue;
            }

            var reserved = await Client.UpdateStatusAsync(claim.ReservedAlsoFor(pod), cancellationToken);
            if (!reserved.IsOk && !reserved.IsNotFound)
            {
                return reserved.Error;
            }
        }

        return ReconcileResult.Done;
    }

    private sealed class PodReconciler(ResourceClaimController controller) : IReconciler
    {
        public ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => controller.ReconcilePodAsync(key, cancellationToken);
    }
}
