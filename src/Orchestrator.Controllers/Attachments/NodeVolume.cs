using System.Security.Cryptography;
using System.Text;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;

namespace Orchestrator.Controllers.Attachments;

/// <summary>A volume of a CSI driver that pods of a node use, and that must be attached there first.</summary>
internal sealed record NodeVolume(PersistentVolume Volume, CSIPersistentVolumeSource Source, string Node)
{
    /// <summary>Of its VolumeAttachment: the same for every controller that attaches it there.</summary>
    public string AttachmentName { get; } = "csi-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Source.VolumeHandle + Source.Driver + Node)));

    /// <summary>By which the node's status and its kubelet know it.</summary>
    public string UniqueName { get; } = $"kubernetes.io/csi/{Source.Driver}^{Source.VolumeHandle}";

    /// <summary>Whether several nodes may have it at once.</summary>
    public bool IsShared => Volume.Spec.AccessModes.Count == 0 || Volume.Spec.AccessModes.Any(static m => m is "ReadWriteMany" or "ReadOnlyMany");

    /// <summary>The pods that use it.</summary>
    public List<Pod> Pods { get; } = [];

    public VolumeAttachment NewAttachment() => new()
    {
        Metadata = new() { Name = AttachmentName },
        Spec = new() { Attacher = Source.Driver, NodeName = Node, Source = new() { PersistentVolumeName = Volume.Metadata.Name } },
    };
}
