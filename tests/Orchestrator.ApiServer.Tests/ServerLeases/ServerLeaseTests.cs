using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api;
using Orchestrator.Api.Coordination.V1;
using Orchestrator.ApiServer.ServerLeases;
using Orchestrator.ApiServer.Tests.Support;
using Orchestrator.Client;

namespace Orchestrator.ApiServer.Tests.ServerLeases;

public sealed class ServerLeaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_holds_its_lease_and_removes_those_of_servers_that_are_gone()
    {
        await using var server = await LiveServer.StartAsync(Cancel);
        var client = server.Host.CreateClient("system:apiserver");
        var clock = new HandClock();
        var first = LeaseOf("node-1", "8b0c1c9d-0c51-4f53-9b0e-0b6a4a5c2a11");
        Assert.Equal("apiserver-gwlrxzxjxmbevckvql7a4qxaja", first.Name);

        var made = (await first.RenewAsync(Cancel)).Value;
        Assert.Equal("apiserver-gwlrxzxjxmbevckvql7a4qxaja_8b0c1c9d-0c51-4f53-9b0e-0b6a4a5c2a11", made.Spec.HolderIdentity);
        Assert.Equal(3600, made.Spec.LeaseDurationSeconds);
        Assert.Equal("kube-apiserver", made.Metadata.Labels["apiserver.kubernetes.io/identity"]);
        Assert.Equal("node-1", made.Metadata.Labels["kubernetes.io/hostname"]);
        Assert.Equal("kube-apiserver", Assert.Single(made.Metadata.ManagedFields).Manager);

        // A server that starts anew on the machine goes on with the lease, under its own name.
        clock.Advance(TimeSpan.FromMinutes(40));
        var renewed = (await LeaseOf("node-1", "5f0e9b57-93c0-4a8c-9c43-fb1b1c3a2f60").RenewAsync(Cancel)).Value;
        Assert.Equal(made.Metadata.Uid, renewed.Metadata.Uid);
        Assert.Equal(clock.GetUtcNow(), renewed.Spec.RenewTime);
        Assert.EndsWith("_5f0e9b57-93c0-4a8c-9c43-fb1b1c3a2f60", renewed.Spec.HolderIdentity, StringComparison.Ordinal);

        var second = LeaseOf("node-2", "0e5df7ab-26d2-4a5a-8f0b-7a0a90f8a7d1");
        await second.RenewAsync(Cancel);
        clock.Advance(TimeSpan.FromMinutes(50));
        await second.RenewAsync(Cancel);
        await second.SweepAsync(Cancel);
        Assert.Equal(2, await CountAsync());
        clock.Advance(TimeSpan.FromMinutes(11));
        await second.SweepAsync(Cancel);
        Assert.Equal(1, await CountAsync());
        Assert.True((await client.GetAsync<Lease>(ResourcePath.Of<Lease>(new ObjectKey("kube-system", second.Name)), null, Cancel)).IsOk);

        ServerLease LeaseOf(string host, string instance) => new(client, host, Guid.Parse(instance), clock, NullLogger<ServerLease>.Instance);
        async Task<int> CountAsync() => (await client.ListAsync<Lease>("kube-system", null, Cancel)).Value.Items.Count;
    }
}
