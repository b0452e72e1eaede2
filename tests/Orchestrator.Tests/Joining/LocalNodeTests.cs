using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.Joining;
using Orchestrator.Network.PodNetwork;
using Orchestrator.Network.Tests.Support;
using Orchestrator.Settings;

namespace Orchestrator.Tests.Joining;

public sealed class LocalNodeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Certificates_are_renewed_when_two_thirds_of_their_life_are_over_and_their_users_see_the_new_ones()
    {
        var pki = ClusterPki.Open(new PkiOptions { Directory = _directory["pki"], Addresses = [IPAddress.Loopback], DnsNames = ["one"], ClusterDomain = "cluster.local" }, _time);
        var local = new LocalNode(pki, new Uri("https://127.0.0.1:6443/"), Settings(), IPAddress.Parse("10.0.0.7"), _time, NullLogger<LocalNode>.Instance);
        var access = local.Issue();
        var (client, serving) = (access.Server.Certificate!()!.SerialNumber, await File.ReadAllTextAsync(access.ServingCertificateFile));

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var running = local.RunAsync(stop.Token);

        // 1. Young ones stay.
        await _time.TimerArmedAsync(limit.Token);
        _time.Advance(LocalNode.RenewalCheck);
        await _time.TimerArmedAsync(limit.Token);
        Assert.Equal(client, access.Server.Certificate!()!.SerialNumber);

        // 2. Old ones are replaced, for those who use them without a restart.
        _time.Advance(LocalNode.Validity * 2 / 3);
        await _time.TimerArmedAsync(limit.Token);
        var renewed = access.Server.Certificate!()!;
        Assert.NotEqual(client, renewed.SerialNumber);
        Assert.True(renewed.NotAfter.ToUniversalTime() > (_time.GetUtcNow() + (LocalNode.Validity * 0.9)).UtcDateTime);
        Assert.NotEqual(serving, await File.ReadAllTextAsync(access.ServingCertificateFile));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private AgentSettings Settings() => new()
    {
        DataDirectory = new(_directory.Path),
        Server = null,
        Token = null,
        NodeName = "one",
        NodeAddress = null,
        ContainerdSocket = null,
        KubeletPort = 10250,
        CgroupRoot = "/",
        PodsMax = 110,
        PodNetwork = PodNetworkMode.Routes,
        StaticPods = _directory["static-pods"],
        Taints = [],
        Eviction = new Dictionary<string, string>(),
        ServiceRange = IPNetwork.Parse("10.96.0.0/16"),
        PodRange = IPNetwork.Parse("10.244.0.0/16"),
        ClusterDomain = "cluster.local",
    };
}
