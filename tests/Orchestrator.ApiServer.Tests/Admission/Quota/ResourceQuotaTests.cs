using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.Quota;

public sealed class ResourceQuotaTests
{
    private readonly AdmissionTrial _trial = new();

    [Fact]
    public async Task Usage_goes_up_until_it_is_exceeded()
    {
        GivenQuota(("configmaps", "2", "0"));
        await _trial.CreateAsync(Map("a"));
        await _trial.CreateAsync(Map("b"));

        Assert.Equal("2", Used("configmaps"));
        Assert.Equal("configmaps \"c\" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2", await _trial.RefusedAsync(Map("c")));
    }

    [Fact]
    public async Task Fifty_at_once_are_charged_exactly()
    {
        GivenQuota(("count/configmaps", "20", "0"));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            try
            {
                await _trial.CreateAsync(Map("m" + i));
                return true;
            }
            catch (Machinery.ApiException)
            {
                return false;
            }
        })));

        Assert.Equal(20, outcomes.Count(static o => o));
        Assert.Equal("20", Used("count/configmaps"));
    }

    [Fact]
    public async Task A_quota_on_compute_makes_containers_name_their_share()
    {
        GivenQuota(("pods", "5", "0"), ("requests.cpu", "1", "0"), ("limits.memory", "1Gi", "0"), ("cpu", "1", "0"));
        Assert.Equal(
            "pods \"p\" is forbidden: failed quota: q: must specify cpu for: c; limits.memory for: c; requests.cpu for: c", await _trial.RefusedAsync(Pods.Plain()));

        var pod = Pods.Plain().WithContainer(c => c with
        {
            Resources = new ResourceRequirements { Requests = Pods.Amounts(("cpu", "600m")), Limits = Pods.Amounts(("cpu", "600m"), ("memory", "600Mi")) },
        });
        await _trial.CreateAsync(pod);
        Assert.Equal("600m", Used("requests.cpu"));
        Assert.Equal(
            "pods \"p\" is forbidden: exceeded quota: q, requested: cpu=600m,limits.memory=600Mi,requests.cpu=600m, used: cpu=600m,limits.memory=600Mi,requests.cpu=600m, limited: cpu=1,limits.memory=1Gi,requests.cpu=1",
            await _trial.RefusedAsync(pod));
    }

    [Fact]
    public async Task A_quota_without_usage_refuses()
    {
        _trial.Objects.Put(new ResourceQuota
        {
            Metadata = new ObjectMeta { Namespace = "d", Name = "q" },
            Status = new ResourceQuotaStatus { Hard = Pods.Amounts(("configmaps", "5")) },
        });
        Assert.Equal("configmaps \"a\" is forbidden: status unknown for quota: q, resources: configmaps", await _trial.RefusedAsync(Map("a")));
    }

    [Fact]
    public async Task Scopes_choose_whom_a_quota_counts()
    {
        GivenQuota(q => q with { Spec = q.Spec with { Scopes = ["BestEffort"] } }, ("pods", "1", "0"));
        await _trial.CreateAsync(Pods.Plain("a"));
        Assert.Contains("exceeded quota", await _trial.RefusedAsync(Pods.Plain("b")));
        await _trial.CreateAsync(Pods.Plain("c").WithContainer(c => c with { Resources = new ResourceRequirements { Requests = Pods.Amounts(("cpu", "1m")) } }));
    }

    [Fact]
    public async Task An_update_is_charged_for_the_difference()
    {
        GivenQuota(("services", "2", "1"), ("services.nodeports", "1", "1"));
        var old = new Service { Metadata = new ObjectMeta { Namespace = "d", Name = "a" }, Spec = new ServiceSpec { Type = "ClusterIP", Ports = [new ServicePort { Port = 80 }] } };
        Assert.Contains("requested: services.nodeports=1", await _trial.RefusedAsync(old with { Spec = old.Spec with { Type = "NodePort" } }, old));
    }

    private static ConfigMap Map(string name) => new() { Metadata = new ObjectMeta { Namespace = "d", Name = name } };

    private void GivenQuota(params (string Name, string Hard, string Used)[] amounts) => GivenQuota(static q => q, amounts);

    private void GivenQuota(Func<ResourceQuota, ResourceQuota> change, params (string Name, string Hard, string Used)[] amounts) => _trial.Objects.Put(change(new ResourceQuota
    {
        Metadata = new ObjectMeta { Namespace = "d", Name = "q" },
        Status = new ResourceQuotaStatus
        {
            Hard = Pods.Amounts(amounts.Select(static a => (a.Name, a.Hard)).ToArray()),
            Used = Pods.Amounts(amounts.Select(static a => (a.Name, a.Used)).ToArray()),
        },
    }));

    private string Used(string name) => _trial.Objects.Get<ResourceQuota>("d", "q")!.Status.Used[name].ToString();
}
