using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.Volumes;

[Collection(SharedCluster.Name)]
public sealed class RecyclingTests(RunningCluster cluster)
{
    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task A_released_volume_is_emptied_by_a_pod_and_available_again()
    {
        await CreateAsync(Volume("recycled", static s => s with { HostPath = new() { Path = "/tmp/recycled" } }));
        await CreateAsync(Claim("recycled"));
        await RunningCluster.UntilAsync(() => Client.GetAsync<PersistentVolume>(new ObjectKey("", "recycled"), default), static v => v.IsOk && v.Value.Status.Phase == "Bound");

        await DeleteClaimAsync("recycled");
        var pod = await RunningCluster.UntilAsync(() => Client.GetAsync<Pod>(new ObjectKey("default", "recycler-for-recycled"), default), static p => p.IsOk);
        Assert.Equal("/tmp/recycled", pod.Spec.Volumes[0].HostPath!.Path);
        await RunningCluster.UntilAsync(() => Client.PatchStatusAsync<Pod>(pod.Key, Patch.Parse(PatchType.Merge, """{"status":{"phase":"Succeeded"}}"""), default), static p => p.IsOk);

        var volume = await RunningCluster.UntilAsync(() => Client.GetAsync<PersistentVolume>(new ObjectKey("", "recycled"), default), static v => v.IsOk && v.Value.Status.Phase == "Available");
        Assert.Null(volume.Spec.ClaimRef);
        await RunningCluster.UntilAsync(() => Client.GetAsync<Pod>(pod.Key, default), static p => p.IsNotFound);
        Assert.True((await Client.DeleteAsync(ResourcePath.Of<PersistentVolume>(new ObjectKey("", "recycled")), null, default)).IsOk);
    }

    [Fact]
    public async Task One_that_nobody_can_empty_has_failed()
    {
        await CreateAsync(Volume("unrecyclable", static s => s with { Csi = new() { Driver = "csi.example.com", VolumeHandle = "h" } }));
        await CreateAsync(Claim("unrecyclable"));
        await RunningCluster.UntilAsync(() => Client.GetAsync<PersistentVolume>(new ObjectKey("", "unrecyclable"), default), static v => v.IsOk && v.Value.Status.Phase == "Bound");

        await DeleteClaimAsync("unrecyclable");
        var volume = await RunningCluster.UntilAsync(() => Client.GetAsync<PersistentVolume>(new ObjectKey("", "unrecyclable"), default), static v => v.IsOk && v.Value.Status.Phase == "Failed");
        Assert.Equal("No recycler plugin found for the volume!", volume.Status.Message);
    }

    private static PersistentVolume Volume(string name, Func<PersistentVolumeSpec, PersistentVolumeSpec> source) => new()
    {
        Metadata = new() { Name = name },
        Spec = source(new()
        {
            Capacity = ApiMap<Quantity>.Empty.With("storage", Quantity.Parse("1Gi")), AccessModes = ["ReadWriteOnce"], PersistentVolumeReclaimPolicy = "Recycle",
        }),
    };

    private static PersistentVolumeClaim Claim(string name) => new()
    {
        Metadata = new() { Namespace = "default", Name = name },
        Spec = new()
        {
            AccessModes = ["ReadWriteOnce"], StorageClassName = "", VolumeName = name, Resources = new() { Requests = ApiMap<Quantity>.Empty.With("storage", Quantity.Parse("1Gi")) },
        },
    };

    private async Task CreateAsync<T>(T obj)
        where T : ApiObject, IResourceObject<T> => await RunningCluster.UntilAsync(() => Client.CreateAsync(obj, default), static r => r.IsOk || r.IsAlreadyExists);

    private async Task DeleteClaimAsync(string name) =>
        Assert.True((await Client.DeleteAsync(ResourcePath.Of<PersistentVolumeClaim>(new ObjectKey("default", name)), null, default)).IsOk);
}
