using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Volumes;

namespace Orchestrator.Controllers.Attachments;

/// <summary>
/// Has CSI drivers attach volumes to the nodes whose pods use them, and detach them when the last such pod is gone. The drivers act on
/// VolumeAttachments; the node's status tells its kubelet what is attached.
/// </summary>
/// <remarks>Keys are nodes. Only nodes whose kubelet leaves attaching to the controller are looked after, which it says by an annotation.</remarks>
internal sealed class AttachDetachController : QueueController
{
    private const string ManagedAnnotation = "volumes.kubernetes.io/controller-managed-attach-detach";
    private const string OutOfServiceTaint = "node.kubernetes.io/out-of-service";
    private const string AttachmentIndex = "attachment-node";
    private const string ClaimIndex = "attach-claims";

    // A node that does not say that it has let go of a volume, and is not ready, is waited for no longer.
    private static readonly TimeSpan UnmountPatience = TimeSpan.FromMinutes(6);

    private readonly IInformer<Node> _nodes;
    private readonly IInformer<Pod> _pods;
    private readonly IInformer<PersistentVolumeClaim> _claims;
    private readonly IInformer<PersistentVolume> _volumes;
    private readonly IInformer<CSIDriver> _drivers;
    private readonly IInformer<VolumeAttachment> _attachments;
    private readonly IEventRecorder _events;
    private readonly Lock _lock = new();

    // Since when an attachment is of no use any more.
    private readonly Dictionary<string, long> _unusedSince = new(StringComparer.Ordinal);

    public AttachDetachController(ControllerContext context)
        : base("persistentvolume-attach-detach-controller", context, workers: 4)
    {
        _events = context.Recorder("attachdetach-controller");
        _nodes = context.Informers.Get<Node>();
        _nodes.AddHandler(
            added: n => Queue.Add(n.Key),
            updated: (old, n) =>
            {
                if (!old.Status.VolumesInUse.Equals(n.Status.VolumesInUse) || !old.Status.VolumesAttached.Equals(n.Status.VolumesAttached)
                    || !old.Spec.Taints.Equals(n.Spec.Taints) || IsManaged(old) != IsManaged(n))
                {
                    Queue.Add(n.Key);
                }
            });
        _pods = context.Informers.Get<Pod>();
        _pods.AddNodeNameIndex();
        _pods.AddIndex(ClaimIndex, static p => p.Spec.NodeName.Length == 0 ? [] : ClaimUse.Of(p).Select(c => p.Metadata.Namespace + "/" + c));
        _pods.AddHandler(
            added: Enqueue,
            updated: (old, p) =>
            {
                if (old.Spec.NodeName != p.Spec.NodeName || old.IsTerminal != p.IsTerminal)
                {
                    Enqueue(p);
                }
            },
            deleted: Enqueue);
        _claims = context.Informers.Get<PersistentVolumeClaim>();
        _claims.AddHandler(updated: (old, c) =>
        {
            if (old.Status.Phase != c.Status.Phase)
            {
                foreach (var pod in _pods.ByIndex(ClaimIndex, c.Key.ToString()))
                {
                    Enqueue(pod);
                }
            }
        });
        _volumes = context.Informers.Get<PersistentVolume>();
        _drivers = context.Informers.Get<CSIDriver>();
        _attachments = context.Informers.Get<VolumeAttachment>();
        _attachments.AddIndex(AttachmentIndex, static a => [a.Spec.NodeName]);
        _attachments.AddHandler(
            added: a => Queue.Add(new("", a.Spec.NodeName)),
            updated: (_, a) => Queue.Add(new("", a.Spec.NodeName)),
            deleted: a =>
            {
                // Another node may have waited for it.
                Queue.Add(new("", a.Spec.NodeName));
                foreach (var node in _nodes.List().Where(IsManaged))
                {
                    Queue.Add(node.Key);
                }
            });
    }

    public override async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        _nodes.TryGet(key, out var node);
        var wanted = node is not null && IsManaged(node) ? Wanted(key.Name) : [];
        var present = _attachments.ByIndex(AttachmentIndex, key.Name).ToDictionary(static a => a.Metadata.Name, StringComparer.Ordinal);
        TimeSpan? revisit = null;
        foreach (var volume in wanted.Values)
        {
            lock (_lock)
            {
                _unusedSince.Remove(volume.AttachmentName);
            }

            if (!present.TryGetValue(volume.AttachmentName, out var attachment))
            {
                if (await AttachAsync(volume, cancellationToken) is { } error)
                {
                    return error;
                }
            }
            else if (!attachment.Status.Attached && attachment.Status.AttachError is { } failure)
            {
                Tell(volume, "FailedAttachVolume", $"AttachVolume.Attach failed for volume \"{volume.Volume.Metadata.Name}\" : {failure.Message}");
            }
        }

        if (node is not null && await TellNodeAsync(node, wanted, present, cancellationToken) is { } statusError)
        {
            return statusError;
        }

        foreach (var attachment in present.Values.Where(a => !wanted.ContainsKey(a.Metadata.Name) && !a.IsBeingDeleted))
        {
            var (wait, error) = await DetachAsync(node, attachment, cancellationToken);
            if (error is not null)
            {
                return error;
            }

            revisit = wait is { } left && (revisit is null || left < revisit) ? left : revisit;
        }

        return revisit is { } after ? ReconcileResult.RevisitAfter(after) : ReconcileResult.Done;
    }

    private static bool IsManaged(Node node) => node.Metadata.Annotations.ContainsKey(ManagedAnnotation);

    /// <summary>The volumes that pods of a node need, by the names of their attachments.</summary>
    private Dictionary<string, NodeVolume> Wanted(string node)
    {
        var wanted = new Dictionary<string, NodeVolume>(StringComparer.Ordinal);
        foreach (var pod in _pods.ByIndex(InformerHandlerExtensions.NodeNameIndex, node))
        {
            if (pod.IsTerminal)
            {
                continue;
            }

            foreach (var name in ClaimUse.Of(pod))
            {
                if (_claims.Find(pod.Metadata.Namespace, name) is not { Status.Phase: "Bound", Spec.VolumeName: { Length: > 0 } volumeName } claim
                    || _volumes.Find("", volumeName) is not { Spec.Csi: { } source } volume || volume.Spec.ClaimRef?.Uid != claim.Metadata.Uid
                    || _drivers.Find("", source.Driver)?.Spec.AttachRequired == false)
                {
                    continue;
                }

                var needed = new NodeVolume(volume, source, node);
                if (!wanted.TryAdd(needed.AttachmentName, needed))
                {
                    needed = wanted[needed.AttachmentName];
                }

                needed.Pods.Add(pod);
            }
        }

        return wanted;
    }

    private async ValueTask<Status?> AttachAsync(NodeVolume volume, CancellationToken cancellationToken)
    {
        if (!volume.IsShared && _attachments.List().FirstOrDefault(a => a.Spec.NodeName != volume.Node && a.Spec.Source.PersistentVolumeName == volume.Volume.Metadata.Name) is { } other)
        {
            Tell(volume, "FailedAttachVolume", $"Multi-Attach error for volume \"{volume.Volume.Metadata.Name}\" {WhyTaken(volume, other)}");
            return null;
        }

        var created = await Client.CreateAsync(volume.NewAttachment(), cancellationToken);
        return created.IsOk || created.IsAlreadyExists ? null : created.Error;
    }

    private string WhyTaken(NodeVolume volume, VolumeAttachment other)
    {
        var users = _pods.ByIndex(InformerHandlerExtensions.NodeNameIndex, other.Spec.NodeName)
            .Where(p => !p.IsTerminal && ClaimUse.Of(p).Any(c => _claims.Find(p.Metadata.Namespace, c)?.Spec.VolumeName == volume.Volume.Metadata.Name))
            .ToList();
        if (users.Count == 0)
        {
            return "Volume is already exclusively attached to one node and can't be attached to another";
        }

        var ns = volume.Pods[0].Metadata.Namespace;
        var here = users.Where(p => p.Metadata.Namespace == ns).Select(static p => p.Metadata.Name).ToList();
        var elsewhere = users.Count - here.Count;
        return elsewhere == 0 ? $"Volume is already used by pod(s) {string.Join(", ", here)}"
            : here.Count == 0 ? $"Volume is already used by {elsewhere} pod(s) in different namespaces"
            : $"Volume is already used by pod(s) {string.Join(", ", here)} and {elsewhere} pod(s) in different namespaces";
    }

    /// <summary>Brings the node's list of attached volumes up to date: what is attached and wanted, and what others have put there.</summary>
    private async ValueTask<Status?> TellNodeAsync(Node node, Dictionary<string, NodeVolume> wanted, Dictionary<string, VolumeAttachment> present, CancellationToken cancellationToken)
    {
        var attached = wanted.Values.Where(v => present.GetValueOrDefault(v.AttachmentName) is { Status.Attached: true, IsBeingDeleted: false }).ToList();

        // Our names that are not wanted go before they are detached, so that the kubelet does not mount them any more; those in use stay until it lets go.
        var kept = node.Status.VolumesAttached
            .Where(a => !a.Name.StartsWith("kubernetes.io/csi/", StringComparison.Ordinal) || node.Status.VolumesInUse.Contains(a.Name) || attached.Exists(v => v.UniqueName == a.Name))
            .ToList();
        var added = attached.Where(v => !kept.Exists(k => k.Name == v.UniqueName)).ToList();
        if (added.Count == 0 && kept.Count == node.Status.VolumesAttached.Count)
        {
            return null;
        }

        var volumes = kept.Concat(added.Select(static v => new AttachedVolume { Name = v.UniqueName })).ToApiList();
        var written = await Client.UpdateStatusAsync(node with { Status = node.Status with { VolumesAttached = volumes } }, cancellationToken);
        if (!written.IsOk)
        {
            return written.IsNotFound ? null : written.Error;
        }

        foreach (var volume in added)
        {
            foreach (var pod in volume.Pods)
            {
                _events.Normal(pod, "SuccessfulAttachVolume", $"AttachVolume.Attach succeeded for volume \"{volume.Volume.Metadata.Name}\" ");
            }
        }

        return null;
    }

    /// <summary>Lets an attachment go that nobody needs, once the node has let go of the volume.</summary>
    private async ValueTask<(TimeSpan? Wait, Status? Error)> DetachAsync(Node? node, VolumeAttachment attachment, CancellationToken cancellationToken)
    {
        if (attachment.Spec.Source.PersistentVolumeName is not { } name || _volumes.Find("", name) is not { Spec.Csi: { } source } volume
            || new NodeVolume(volume, source, attachment.Spec.NodeName) is not { } own || own.AttachmentName != attachment.Metadata.Name)
        {
            // Somebody else's.
            return (null, null);
        }

        if (node is not null && node.Status.VolumesInUse.Contains(own.UniqueName) && node.Spec.Taints.All(static t => t.Key != OutOfServiceTaint))
        {
            long since;
            lock (_lock)
            {
                since = _unusedSince.TryGetValue(attachment.Metadata.Name, out var known) ? known : _unusedSince[attachment.Metadata.Name] = Time.GetTimestamp();
            }

            var left = UnmountPatience - Time.GetElapsedTime(since);
            if (left > TimeSpan.Zero || node.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" }))
            {
                return (left > TimeSpan.Zero ? left : UnmountPatience, null);
            }
        }

        var deleted = await Client.DeleteAsync(attachment, cancellationToken);
        lock (_lock)
        {
            _unusedSince.Remove(attachment.Metadata.Name);
        }

        return (null, deleted.IsOk || deleted.IsNotFound || deleted.IsConflict ? null : deleted.Error);
    }

    private void Tell(NodeVolume volume, string reason, string message)
    {
        foreach (var pod in volume.Pods)
        {
            _events.Warning(pod, reason, message);
        }
    }

    private void Enqueue(Pod pod)
    {
        if (pod.Spec.NodeName.Length > 0 && ClaimUse.Of(pod).Any())
        {
            Queue.Add(new("", pod.Spec.NodeName));
        }
    }
}
