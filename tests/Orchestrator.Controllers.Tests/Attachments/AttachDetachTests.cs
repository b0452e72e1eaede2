using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Attachments;

[Collection(SharedCluster.Name)]
public sealed class AttachDetachTests(RunningCluster cluster)
{
    private const string Ns = "attaching";
    private const string UniqueName = "kubernetes.io/csi/csi.example.com^h-1";

    // sha256 of the handle, the driver and the node, as upstream names it.
    private static readonly string Attachment = "csi-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("h-1csi.example.comattach-a"u8));

    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task A_volume_is_attached_while_pods_of_the_node_use_it()
    {
        // 1. A bound claim, and a pod of a node that leaves attaching to the controller.
        await CreateAsync(new Namespace { Metadata = new() { Name = Ns } });
        await CreateAsync(new Node { Metadata = new() { Name = "attach-a", Annotations = ApiMap<string>.Empty.With("volumes.kubernetes.io/controller-managed-attach-detach", "true") } });
        await CreateAsync(new PersistentVolume
        {
            Metadata = new() { Name = "attach-v" },
            Spec = new()
            {
                Capacity = ApiMap<Quantity>.Empty.With("storage", Quantity.Parse("1Gi")),
                AccessModes = ["ReadWriteOnce"],
                Csi = new() { Driver = "csi.example.com", VolumeHandle = "h-1" },
                PersistentVolumeReclaimPolicy = "Retain",
                ClaimRef = new() { Namespace = Ns, Name = "c" },
            },
        });
        await CreateAsync(new PersistentVolumeClaim
        {
            Metadata = new() { Namespace = Ns, Name = "c" },
            Spec = new()
            {
                AccessModes = ["ReadWriteOnce"],
                StorageClassName = "",
                Resources = new() { Requests = ApiMap<Quantity>.Empty.With("storage", Quantity.Parse("1Gi")) },
                VolumeName = "attach-v",
            },
        });
        await CreateAsync(PodOn("p", "attach-a"));

        // 2. The driver is asked; when it has attached, the node is told.
        var asked = await RunningCluster.UntilAsync(() => Client.GetAsync<VolumeAttachment>(new ObjectKey("", Attachment), default), static a => a.IsOk);
        Assert.Equal(("csi.example.com", "attach-a", "attach-v"), (asked.Spec.Attacher, asked.Spec.NodeName, asked.Spec.Source.PersistentVolumeName));
        await RunningCluster.UntilAsync(() => Client.PatchStatusAsync<VolumeAttachment>(asked.Key, Patch.Parse(PatchType.Merge, """{"status":{"attached":true}}"""), default), static a => a.IsOk);
        await RunningCluster.UntilAsync(
            () => Client.GetAsync<Node>(new ObjectKey("", "attach-a"), default), static n => n.IsOk && n.Value.Status.VolumesAttached.Any(static v => v.Name == UniqueName));

        // 3. Without the pod it goes.
        Assert.True((await Client.DeleteAsync<Pod>(new ObjectKey(Ns, "p"), new() { GracePeriodSeconds = 0 }, default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<VolumeAttachment>(asked.Key, default), static a => a.IsNotFound);
        await RunningCluster.UntilAsync(() => Client.GetAsync<Node>(new ObjectKey("", "attach-a"), default), static n => n.IsOk && n.Value.Status.VolumesAttached.Count == 0);
        Assert.True((await Client.DeleteAsync(ResourcePath.Of<Node>(new ObjectKey("", "attach-a")), null, default)).IsOk);
    }

    private static Pod PodOn(string name, string node) => new()
    {
        Metadata = new() { Namespace = Ns, Name = name },
        Spec = new()
        {
            NodeName = node,
            AutomountServiceAccountToken = false,
            Tolerations = [new() { Operator = "Exists" }],
            Containers = [new() { Name = "c", Image = "i" }],
            Volumes = [new() { Name = "v", PersistentVolumeClaim = new() { ClaimName = "c" } }],
        },
    };

    // Once the namespace's service account is there.
    private async Task CreateAsync<T>(T obj)
        where T : ApiObject, IResourceObject<T> => await RunningCluster.UntilAsync(() => Client.CreateAsync(obj, default), static r => r.IsOk || r.IsAlreadyExists);
}
