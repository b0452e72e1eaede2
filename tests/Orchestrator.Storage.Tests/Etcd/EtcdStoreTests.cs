using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Storage.Etcd;

namespace Orchestrator.Storage.Tests.Etcd;

public sealed class EtcdStoreTests(EtcdFixture fixture) : StoreConformance, IClassFixture<EtcdFixture>
{
    private static readonly StoreKey Web = new("pods", "default/web");
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Two_servers_see_each_others_writes_and_conflicts()
    {
        var prefix = fixture.NewPrefix();
        await using var one = await OpenAsync(prefix);
        await using var two = await OpenAsync(prefix);
        using var watch = two.Watch("apps/deployments", WatchScope.All, two.CurrentRevision);
        var key = new StoreKey("apps/deployments", "default/web");

        var created = await one.CommitAsync(Operation.Create(key, Bytes("one")), None);
        await two.SyncAsync(None);
        Assert.Equal("one", Text(two.Get(key)));
        Assert.Equal("one", Text((await ReadAsync(watch, 1))[0].Value));

        var replaced = await two.CommitAsync(Operation.Replace(key, created.Revision, Bytes("two")), None);
        Assert.True(replaced.IsCommitted);
        var stale = await one.CommitAsync(Operation.Replace(key, created.Revision, Bytes("three")), None);
        Assert.False(stale.IsCommitted);
        Assert.Equal("two", Text(stale.Current));
        Assert.Equal(replaced.Revision, one.Get(key)!.ModRevision);

        await two.CommitAsync(Operation.Delete(key), None);
        var gone = await one.CommitAsync(Operation.Replace(key, replaced.Revision, Bytes("four")), None);
        Assert.False(gone.IsCommitted);
        Assert.Null(gone.Current);
        Assert.Null(one.Get(key));
    }

    [Fact]
    public async Task Somebody_elses_keys_do_not_disturb_a_consistent_read()
    {
        await using var ours = await OpenAsync(fixture.NewPrefix());
        await using var foreign = await OpenAsync(fixture.NewPrefix());
        await ours.CommitAsync(Operation.Create(Web, Bytes("one")), None);

        var theirs = await foreign.CommitAsync(Operation.Create(Web, Bytes("theirs")), None);
        await ours.SyncAsync(None).AsTask().Within("the read to be consistent");

        Assert.True(ours.CurrentRevision >= theirs.Revision);
        Assert.Equal("one", Text(ours.Get(Web)));
        Assert.Equal(["pods"], ours.Collections);
    }

    [Fact]
    public async Task A_new_server_reads_everything_page_by_page()
    {
        var prefix = fixture.NewPrefix();
        await using (var store = await OpenAsync(prefix))
        {
            for (var i = 0; i < 5; i++)
            {
                var operations = Enumerable.Range(0, 100).Select(j => Operation.Create(new("pods", $"ns{i}/p{j}"), Bytes($"{i}-{j}")));
                Assert.True((await store.CommitAsync(new Transaction([.. operations]), None)).IsCommitted);
            }

            await Task.WhenAll(Enumerable.Range(0, 2_500).Select(i => store.CommitAsync(Operation.Create(new("events", $"default/e{i}"), Bytes($"{i}")), None).AsTask()));
        }

        await using var reopened = await OpenAsync(prefix);
        Assert.Equal(500, reopened.Snapshot("pods").Count);
        Assert.Equal(2_500, reopened.Snapshot("events").Count);
        Assert.Equal("3-42", Text(reopened.Get(new("pods", "ns3/p42"))));
    }

    [Fact]
    public async Task A_cut_link_is_mended_without_a_gap()
    {
        await using var link = new CuttableLink(fixture.Etcd.Port);
        var prefix = fixture.NewPrefix();
        await using var far = await OpenAsync(prefix, endpoints: link.Endpoint);
        await using var near = await OpenAsync(prefix);
        using var watch = far.Watch("pods", WatchScope.All, far.CurrentRevision);
        await near.CommitAsync(Operation.Put(Web, Bytes("0")), None);
        await ReadAsync(watch, 1);

        link.Cut();
        for (var i = 1; i <= 10; i++)
        {
            await near.CommitAsync(Operation.Put(Web, Bytes($"{i}")), None);
        }

        link.Mend();
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"{i}"), (await ReadAsync(watch, 10)).Select(change => Text(change.Value)));
    }

    [Fact]
    public async Task A_server_that_missed_what_was_compacted_reads_all_again_and_says_so()
    {
        await using var link = new CuttableLink(fixture.Etcd.Port);
        var prefix = fixture.NewPrefix();
        await using var far = await OpenAsync(prefix, endpoints: link.Endpoint);
        await using var near = await OpenAsync(prefix);
        await far.CommitAsync(Operation.Put(Web, Bytes("one")), None);
        await far.CommitAsync(Operation.Put(new("pods", "default/gone"), Bytes("x")), None);
        using var watch = far.Watch("pods", WatchScope.All, far.CurrentRevision);
        var read = watch.ReadAsync(None).AsTask();

        link.Cut();
        await near.SyncAsync(None);
        await near.CommitAsync(Operation.Delete(new("pods", "default/gone")), None);
        var last = await near.CommitAsync(Operation.Put(Web, Bytes("two")), None);
        await near.CompactAsync(last.Revision, None);
        link.Mend();

        Assert.Equal(WatchStatus.Overflow, (await read.Within("the end of the watch")).Status);
        await far.WaitForRevisionAsync(last.Revision, None).AsTask().Within("the new content");
        Assert.Equal("two", Text(far.Get(Web)));
        Assert.Null(far.Get(new("pods", "default/gone")));
        Assert.True((await far.CommitAsync(Operation.Put(Web, Bytes("three")), None)).IsCommitted);
    }

    [Fact]
    public async Task Writes_and_watches_go_on_when_a_member_dies()
    {
        var members = EtcdProcess.StartCluster(3);
        try
        {
            await using var store = await OpenAsync("/failover/", endpoints: [.. members.Select(member => member.Endpoint)]);
            using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
            var acknowledged = new List<int>();
            for (var i = 0; i < 60; i++)
            {
                if (i == 20)
                {
                    members[0].Kill(); // The one that is in use: the first endpoint.
                }

                try
                {
                    Assert.True((await store.CommitAsync(Operation.Put(Web, Bytes($"{i}")), None)).IsCommitted);
                    acknowledged.Add(i);
                }
                catch (StoreException)
                {
                    // While a leader is elected: not done, or unknown.
                }
            }

            Assert.True(acknowledged.Count > 50, $"only {acknowledged.Count} of 60 writes came through");
            Assert.Contains(59, acknowledged);
            var seen = new List<int>();
            while (seen.Count == 0 || seen[^1] != 59)
            {
                var batch = await watch.ReadAsync(None).AsTask().Within("the last write");
                Assert.Equal(WatchStatus.Events, batch.Status);
                seen.AddRange(batch.Events.ToArray().Select(change => int.Parse(Text(change.Value), System.Globalization.CultureInfo.InvariantCulture)));
            }

            Assert.Equal(seen.Order(), seen);
            Assert.Subset(seen.ToHashSet(), acknowledged.ToHashSet());
        }
        finally
        {
            foreach (var member in members)
            {
                member.Dispose();
            }
        }
    }

    [Fact]
    public async Task Tls_with_certificates_on_both_sides()
    {
        using var directory = new TemporaryDirectory();
        using var authority = Authority("etcd-ca");
        using var stranger = Authority("stranger");
        using var serverCertificate = Issue(authority, "etcd");
        using var clientCertificate = Issue(authority, "orchestrator");
        await File.WriteAllTextAsync(directory["ca.crt"], authority.ExportCertificatePem());
        await File.WriteAllTextAsync(directory["server.crt"], serverCertificate.ExportCertificatePem());
        await File.WriteAllTextAsync(directory["server.key"], serverCertificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using var etcd = EtcdProcess.Start(
            "https", "--cert-file", directory["server.crt"], "--key-file", directory["server.key"], "--client-cert-auth", "--trusted-ca-file", directory["ca.crt"]);

        await using (var store = await OpenTlsAsync(authority, clientCertificate))
        {
            Assert.True((await store.CommitAsync(Operation.Put(Web, Bytes("one")), None)).IsCommitted);
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenTlsAsync(stranger, clientCertificate));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenTlsAsync(authority, null));

        Task<EtcdStore> OpenTlsAsync(X509Certificate2 trusted, X509Certificate2? client) => EtcdStore.OpenAsync(
            new()
            {
                Endpoints = [etcd.Endpoint],
                TrustedAuthorities = [trusted],
                ClientCertificate = client,
                RequestTimeout = TimeSpan.FromSeconds(trusted == authority && client is not null ? 10 : 1),
            },
            TimeProvider.System,
            NullLogger<EtcdStore>.Instance,
            None);
    }

    [Fact]
    public async Task No_endpoint_is_an_error_that_names_them()
    {
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => EtcdStore.OpenAsync(
            new() { Endpoints = ["http://127.0.0.1:1", "http://127.0.0.1:2"], RequestTimeout = TimeSpan.FromMilliseconds(300) },
            TimeProvider.System,
            NullLogger<EtcdStore>.Instance,
            None));

        Assert.Contains("http://127.0.0.1:1, http://127.0.0.1:2", failure.Message, StringComparison.Ordinal);
    }

    protected override async ValueTask<IStore> OpenAsync(StoreOptions options) => await OpenAsync(fixture.NewPrefix(), options);

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddMinutes(-4), DateTimeOffset.UtcNow.AddMinutes(50), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private Task<EtcdStore> OpenAsync(string prefix, StoreOptions? options = null, params string[] endpoints) => EtcdStore.OpenAsync(
        new() { Endpoints = endpoints.Length > 0 ? endpoints : [fixture.Etcd.Endpoint], Prefix = prefix, Store = options ?? new() },
        TimeProvider.System,
        NullLogger<EtcdStore>.Instance,
        None);
}
