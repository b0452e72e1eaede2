using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Network.Services;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Network.Tests.Services;

public sealed class ServiceCatalogTests
{
    private readonly ServiceCatalog _catalog = new();

    [Fact]
    public void Reader_hears_of_each_change_once_and_of_repetition_never()
    {
        using var changes = _catalog.Subscribe();
        var web = Sample.Service("web", "default", "10.96.0.7");
        _catalog.Set(web);
        _catalog.Set(Sample.Slice(web, Sample.Endpoint("10.244.1.1")));
        Assert.Equal(web.Key, Assert.Single(changes.Take().Services).Key);

        _catalog.Set(Sample.Service("web", "default", "10.96.0.7"));
        _catalog.Set(Sample.Slice(web, Sample.Endpoint("10.244.1.1")));
        Assert.True(changes.Take().IsEmpty);
    }

    [Fact]
    public void Slice_that_changes_its_service_leaves_the_old_one()
    {
        var (first, second) = (Sample.Service("a"), Sample.Service("b"));
        _catalog.Set(first);
        _catalog.Set(second);
        var slice = Sample.Slice(first, Sample.Endpoint("10.244.1.1"));
        _catalog.Set(slice);
        using var changes = _catalog.Subscribe();
        changes.Take();

        _catalog.Set(slice with { Service = second.Key });

        var states = changes.Take().Services.ToDictionary(pair => pair.Key, pair => pair.Value!);
        Assert.Empty(states[first.Key].Slices);
        Assert.Single(states[second.Key].Slices);
    }

    [Fact]
    public void Withdrawn_pod_is_terminating_until_it_is_forgotten()
    {
        var web = Sample.Service("web", "default", "10.96.0.7");
        _catalog.Set(web);
        _catalog.Set(Sample.Slice(web, Sample.Endpoint("10.244.1.1")));
        using var changes = _catalog.Subscribe();
        changes.Take();

        Assert.Equal([web.Key], _catalog.Withdraw("uid-10.244.1.1"));
        Assert.Equal((false, true, true), Conditions());
        Assert.Empty(_catalog.Withdraw("uid-10.244.1.1"));

        _catalog.Forget("uid-10.244.1.1");
        Assert.Equal((true, true, false), Conditions());

        (bool Ready, bool Serving, bool Terminating) Conditions()
        {
            var endpoint = changes.Take().Services[0].Value!.Slices[0].Endpoints[0];
            return (endpoint.Ready, endpoint.Serving, endpoint.Terminating);
        }
    }

    [Fact]
    public async Task Content_survives_on_disk_and_a_damaged_file_is_as_good_as_none()
    {
        var directory = Directory.CreateTempSubdirectory("catalog");
        var path = Path.Combine(directory.FullName, "services.json");
        try
        {
            var web = Sample.Service("web", "default", "10.96.0.7") with { AffinityTimeout = TimeSpan.FromMinutes(5), LoadBalancerSourceRanges = ["198.51.100.0/24"] };
            _catalog.Replace(new CatalogContent("zone-a", ["default"], [web], [Sample.Slice(web, Sample.Endpoint("10.244.1.1") with { ForZones = ["zone-a"] })]));
            new ServiceCatalogFile(path, _catalog, TimeProvider.System, NullLogger<ServiceCatalogFile>.Instance).Write();

            var restored = new ServiceCatalog();
            new ServiceCatalogFile(path, restored, TimeProvider.System, NullLogger<ServiceCatalogFile>.Instance).Read();
            await restored.Loaded;
            Assert.Equal(_catalog.Content(), restored.Content());

            File.WriteAllText(path, "{\"Services\":[{");
            var empty = new ServiceCatalog();
            new ServiceCatalogFile(path, empty, TimeProvider.System, NullLogger<ServiceCatalogFile>.Instance).Read();
            Assert.False(empty.Loaded.IsCompleted);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Synced_catalog_forgets_what_the_api_server_no_longer_has()
    {
        var (kept, gone) = (Sample.Service("kept"), Sample.Service("gone"));
        _catalog.Replace(new CatalogContent("", [], [kept, gone], [Sample.Slice(kept), Sample.Slice(gone)]));

        _catalog.MarkSynced(key => key == kept.Key, (_, name) => name == "kept-1");

        var content = _catalog.Content();
        Assert.Equal(kept, Assert.Single(content.Services));
        Assert.Equal("kept-1", Assert.Single(content.Slices).Name);
    }
}
