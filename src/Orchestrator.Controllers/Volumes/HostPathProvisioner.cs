using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;

namespace Orchestrator.Controllers.Volumes;

/// <summary>Volumes that are folders on a node, made by the node when first used. For single nodes and tests, as upstream's of the same name.</summary>
/// <remarks>A volume for a claim whose node is chosen is tied to that node. What is in a folder stays there when its volume is deleted.</remarks>
internal sealed class HostPathProvisioner(string root)
{
    public const string Name = "kubernetes.io/host-path";

    /// <summary>Why a released volume that nobody provisioned cannot be deleted; null if it can. What is in its folder stays there.</summary>
    public static string? CannotDelete(PersistentVolume volume) =>
        volume.Spec.HostPath is not { } source ? $"error getting deleter volume plugin for volume \"{volume.Metadata.Name}\": no deletable volume plugin matched"
        : source.Path.IndexOf("/tmp/", StringComparison.Ordinal) is var at && at >= 0 && source.Path.Length > at + "/tmp/".Length ? null
        : $"host_path deleter only supports /tmp/.+ but received provided {source.Path}";

    /// <summary>The volume for a claim; the name makes a second try find the first one's.</summary>
    public PersistentVolume VolumeFor(PersistentVolumeClaim claim, StorageClass storageClass)
    {
        var name = "pvc-" + claim.Metadata.Uid;
        var node = claim.Metadata.Annotations.GetValueOrDefault("volume.kubernetes.io/selected-node");
        return new()
        {
            Metadata = new()
            {
                Name = name,
                Annotations = ApiMap<string>.Empty.With("pv.kubernetes.io/provisioned-by", Name).With(VolumeMatch.BoundByController, "yes"),
            },
            Spec = new()
            {
                Capacity = claim.Spec.Resources.Requests,
                AccessModes = claim.Spec.AccessModes,
                PersistentVolumeReclaimPolicy = storageClass.ReclaimPolicy ?? "Delete",
                StorageClassName = storageClass.Metadata.Name,
                MountOptions = storageClass.MountOptions,
                VolumeMode = claim.Spec.VolumeMode,
                ClaimRef = claim.ToReference(),
                HostPath = new() { Path = root.TrimEnd('/') + "/" + name, Type = "DirectoryOrCreate" },
                NodeAffinity = node is null ? null : new()
                {
                    Required = new()
                    {
                        NodeSelectorTerms = [new() { MatchExpressions = [new() { Key = "kubernetes.io/hostname", Operator = "In", Values = [node] }] }],
                    },
                },
            },
        };
    }
}
