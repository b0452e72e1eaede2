using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Networking.V1;
using Orchestrator.Client;
using Orchestrator.Controllers.Tests.Golden;
using Orchestrator.Controllers.Tests.Support;

namespace Orchestrator.Controllers.Tests.ServiceCidrs;

[Collection(SharedCluster.Name)]
public sealed class ServiceCidrTests(RunningCluster cluster)
{
    private IClusterClient Client => cluster.Client;

    [Fact]
    public async Task A_range_is_called_ready_and_stays_while_its_addresses_are_used()
    {
        var key = new ObjectKey("", "more");
        Assert.True((await Client.CreateAsync(new ServiceCIDR { Metadata = new() { Name = key.Name }, Spec = new() { Cidrs = ["192.0.2.0/28"] } }, default)).IsOk);
        var ready = await RunningCluster.UntilAsync(() => Client.GetAsync<ServiceCIDR>(key, default), static r => r.IsOk && r.Value.Status.Conditions.Any(static c => c.Status == "True"));
        Assert.Equal("Kubernetes Service CIDR is ready", ready.Status.Conditions.Single().Message);
        Assert.Equal(["networking.k8s.io/service-cidr-finalizer"], ready.Metadata.Finalizers);

        // The servers hear of it a moment later.
        var service = new Service { Metadata = new() { Namespace = "default", Name = "in-range" }, Spec = new() { ClusterIP = "192.0.2.9", Ports = [new() { Port = 80 }] } };
        await RunningCluster.UntilAsync(() => Client.CreateAsync(service, default), static s => s.IsOk);
        await RunningCluster.UntilAsync(() => Client.GetAsync<IPAddress>(new ObjectKey("", "192.0.2.9"), default), static a => a.IsOk);

        Assert.True((await Client.DeleteAsync(ResourcePath.Of<ServiceCIDR>(key), null, default)).IsOk);
        var held = await RunningCluster.UntilAsync(() => Client.GetAsync<ServiceCIDR>(key, default), static r => r.IsOk && r.Value.Status.Conditions.Any(static c => c.Status == "False"));
        Assert.Equal("Terminating", held.Status.Conditions.Single().Reason);
        Assert.Equal("There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR", held.Status.Conditions.Single().Message);
    }
}
