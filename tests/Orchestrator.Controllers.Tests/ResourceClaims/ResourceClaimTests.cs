using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Resources.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.ResourceClaims;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;
using ResourceClaim = Orchestrator.Api.Resources.V1.ResourceClaim;

namespace Orchestrator.Controllers.Tests.ResourceClaims;

[Collection(SharedCluster.Name)]
public sealed class ResourceClaimTests(RunningCluster cluster)
{
    private const string Ns = "claiming";

    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task A_claim_is_made_from_its_template_freed_with_its_pod_and_goes_with_it()
    {
        // 1. The pod waits for its template, then learns the name of its claim.
        Assert.True((await Client.CreateAsync(new Namespace { Metadata = new() { Name = Ns } }, default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<ServiceAccount>(new ObjectKey(Ns, "default"), default), static a => a.IsOk);
        await MakePodAsync("p");
        await RunningCluster.UntilAsync(
            () => Client.ListAsync<Event>(Ns, null, default),
            static e => e.IsOk && e.Value.Items.Any(static i => i is { Reason: "FailedResourceClaimCreation", Message: "PodResourceClaim gpu: resource claim template \"t\": resourceclaimtemplate.resource.k8s.io \"t\" not found" }));
        var template = new ResourceClaimTemplate
        {
            Metadata = new() { Namespace = Ns, Name = "t" },
            Spec = new()
            {
                Metadata = new() { Labels = ApiMap<string>.Empty.With("from", "t") },
                Spec = new() { Devices = new() { Requests = [new() { Name = "r", Exactly = new() { DeviceClassName = "gpu" } }] } },
            },
        };
        Assert.True((await Client.CreateAsync(template, default)).IsOk);
        var claim = await ClaimOfAsync("p");
        Assert.Equal(("gpu", "t", "p", true), (claim.Metadata.Annotations["resource.kubernetes.io/pod-claim-name"], claim.Metadata.Labels["from"], claim.ControllerRef!.Name, claim.Metadata.Name.StartsWith("p-gpu-", StringComparison.Ordinal)));

        // 2. Its devices are taken back when the pod is gone, and the claim goes after it.
        claim = await AllocateAsync(claim, "p");
        Assert.True((await Client.DeleteAsync<Pod>(new ObjectKey(Ns, "p"), new() { GracePeriodSeconds = 0 }, default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<ResourceClaim>(claim.Key, default), static c => c.IsNotFound);

        // 3. The claim of a pod that has ended goes though the pod stays.
        await MakePodAsync("q");
        claim = await AllocateAsync(await ClaimOfAsync("q"), "q");
        Assert.True((await Client.PatchStatusAsync<Pod>(new ObjectKey(Ns, "q"), Patch.Parse(PatchType.Merge, """{"status":{"phase":"Succeeded"}}"""), default)).IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<ResourceClaim>(claim.Key, default), static c => c.IsNotFound);
        Assert.True((await Client.GetAsync<Pod>(new ObjectKey(Ns, "q"), default)).IsOk);
    }

    [Fact]
    public void Long_names_keep_their_share_of_the_claims()
    {
        Assert.Equal("pod-claim-", ResourceClaimController.BaseName("pod", "claim"));
        var name = ResourceClaimController.BaseName(new string('p', 200), new string('c', 50));
        Assert.Equal(new string('p', 45) + "-" + new string('c', 11), name);
    }

    private async Task MakePodAsync(string name) => Assert.True((await Client.CreateAsync(
        new Pod
        {
            Metadata = new() { Namespace = Ns, Name = name },
            Spec = new() { Containers = [new() { Name = "c", Image = "c:v1" }], ResourceClaims = [new() { Name = "gpu", ResourceClaimTemplateName = "t" }] },
        },
        default)).IsOk);

    private async Task<ResourceClaim> ClaimOfAsync(string pod)
    {
        var told = await RunningCluster.UntilAsync(() => Client.GetAsync<Pod>(new ObjectKey(Ns, pod), default), static p => p.IsOk && p.Value.Status.ResourceClaimStatuses.Count > 0);
        return (await Client.GetAsync<ResourceClaim>(new ObjectKey(Ns, told.Status.ResourceClaimStatuses[0].ResourceClaimName!), default)).Value;
    }

    /// <summary>As the scheduler does it.</summary>
    private async Task<ResourceClaim> AllocateAsync(ResourceClaim claim, string pod)
    {
        var held = await Client.UpdateAsync(claim with { Metadata = claim.Metadata with { Finalizers = ["resource.kubernetes.io/delete-protection"] } }, default);
        var status = new ResourceClaimStatus
        {
            Allocation = new() { Devices = new() { Results = [new() { Request = "r", Driver = "gpu.example.com", Pool = "p", Device = "d" }] } },
            ReservedFor = [new() { Resource = "pods", Name = pod, Uid = claim.ControllerRef!.Uid }],
        };
        return (await Client.UpdateStatusAsync(held.Value with { Status = status }, default)).Value;
    }
}
