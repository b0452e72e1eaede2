using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Admission.Configuration;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.Plugins;

/// <summary>Plugins that are on only when they are asked for.</summary>
public sealed class OptionalPluginsTests
{
    private static readonly UserInfo Nobody = new() { Name = "jane", Groups = ["system:authenticated"] };

    [Fact]
    public async Task Everything_is_denied_by_AlwaysDeny() =>
        Assert.Equal("pods \"p\" is forbidden: admission control is denying all modifications", await With("AlwaysDeny").RefusedAsync(Pod()));

    [Fact]
    public async Task Images_are_always_pulled()
    {
        var pod = await With("AlwaysPullImages").CreateAsync(Pod(static s => s with
        {
            InitContainers = [new() { Name = "i", Image = "i", ImagePullPolicy = "Never" }],
            Volumes = [new() { Name = "v", Image = new() { Reference = "r", PullPolicy = "IfNotPresent" } }],
        }));
        Assert.Equal("Always", pod.Spec.Containers[0].ImagePullPolicy);
        Assert.Equal("Always", pod.Spec.InitContainers[0].ImagePullPolicy);
        Assert.Equal("Always", pod.Spec.Volumes[0].Image!.PullPolicy);
    }

    [Fact]
    public async Task A_pod_of_before_keeps_its_pull_policy()
    {
        var old = Pod(static s => s with { Containers = [new() { Name = "c", Image = "busybox", ImagePullPolicy = "Never" }] });
        Assert.Equal("Never", (await With("AlwaysPullImages").UpdateAsync(old, old)).Spec.Containers[0].ImagePullPolicy);
    }

    [Fact]
    public async Task A_missing_namespace_is_made()
    {
        var trial = With("NamespaceAutoProvision");
        await trial.CreateAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "new", Name = "c" } });
        Assert.NotNull(trial.Objects.Get<Namespace>("", "new"));
    }

    [Fact]
    public async Task A_missing_namespace_is_refused_by_NamespaceExists() =>
        Assert.Equal("namespaces \"gone\" not found", await new AdmissionTrial(new AdmissionChoice { Enabled = ["NamespaceExists"], Disabled = ["NamespaceLifecycle"] })
            .RefusedAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "gone", Name = "c" } }));

    [Fact]
    public async Task Others_are_kept_off_the_node_only() =>
        Assert.Equal(
            "pods \"p\" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed",
            await With("LimitPodHardAntiAffinityTopology").RefusedAsync(Pod(static s => s with
            {
                Affinity = new() { PodAntiAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [new() { TopologyKey = "zone" }] } },
            })));

    [Fact]
    public async Task External_addresses_may_stay_and_go_but_not_come()
    {
        var trial = With("DenyServiceExternalIPs");
        Service service = new() { Metadata = new ObjectMeta { Namespace = "d", Name = "s" }, Spec = new() { ExternalIPs = ["192.0.2.1", "192.0.2.2"] } };
        Assert.Equal("services \"s\" is forbidden: Use of external IPs is denied by admission control.", await trial.RefusedAsync(service));
        await trial.UpdateAsync(service with { Spec = service.Spec with { ExternalIPs = ["192.0.2.2"] } }, service);
    }

    [Fact]
    public async Task Extended_resources_are_tolerated()
    {
        var pod = await With("ExtendedResourceToleration").CreateAsync(Pod(static s => s with
        {
            Containers = [new() { Name = "c", Resources = new() { Requests = Amounts(("x.io/b", "1"), ("cpu", "1"), ("a.io/a", "2")) } }],
        }));
        Assert.Equal(["a.io/a", "x.io/b"], pod.Spec.Tolerations.Where(static t => t.Effect == "NoSchedule").Select(static t => t.Key));
    }

    [Fact]
    public async Task An_owner_is_set_by_who_may_delete_and_blocks_by_who_may_set_its_finalizers()
    {
        var trial = With("OwnerReferencesPermissionEnforcement");
        trial.User = Nobody;
        ConfigMap old = new() { Metadata = new ObjectMeta { Namespace = "d", Name = "c" } };
        OwnerReference owner = new() { ApiVersion = "apps/v1", Kind = "Deployment", Name = "o", Uid = "u", BlockOwnerDeletion = true };
        var owned = old with { Metadata = old.Metadata with { OwnerReferences = [owner] } };
        Assert.Equal("configmaps \"c\" is forbidden: cannot set an ownerRef on a resource you can't delete: , <nil>", await trial.RefusedAsync(owned, old));
        Assert.Equal(
            "configmaps \"c\" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>",
            await trial.RefusedAsync(owned));
        Assert.StartsWith(
            "configmaps \"c\" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion x.io/v1 Kind X: ",
            await trial.RefusedAsync(old with { Metadata = old.Metadata with { OwnerReferences = [owner with { ApiVersion = "x.io/v1", Kind = "X" }] } }),
            StringComparison.Ordinal);
        await trial.CreateAsync(old with { Metadata = old.Metadata with { OwnerReferences = [owner with { BlockOwnerDeletion = null }] } });
    }

    [Fact]
    public async Task Pods_select_the_nodes_of_their_namespace()
    {
        var trial = With("PodNodeSelector", Config("PodNodeSelector", "podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: 'disk=ssd', d: 'env=test,disk=hdd'}"));
        Assert.Equal("pods \"p\" is forbidden: pod node label selector labels conflict with its namespace whitelist", await trial.RefusedAsync(Pod()));
        trial.Objects.Put(new Namespace { Metadata = new ObjectMeta { Name = "d", Annotations = Map(("scheduler.alpha.kubernetes.io/node-selector", "env=test")) } });
        Assert.Equal("test", (await trial.CreateAsync(Pod())).Spec.NodeSelector["env"]);
        Assert.Equal(
            "pods \"p\" is forbidden: pod node label selector conflicts with its namespace node label selector",
            await trial.RefusedAsync(Pod(static s => s with { NodeSelector = Map(("env", "other")) })));
    }

    [Fact]
    public async Task Pods_tolerate_what_their_namespace_says_and_no_more()
    {
        var trial = With("PodTolerationRestriction");
        trial.Objects.Put(new Namespace
        {
            Metadata = new ObjectMeta
            {
                Name = "d",
                Annotations = Map(
                    ("scheduler.alpha.kubernetes.io/defaultTolerations", """[{"key":"team","operator":"Equal","value":"a","effect":"NoSchedule"}]"""),
                    ("scheduler.alpha.kubernetes.io/tolerationsWhitelist", """[{"key":"team","operator":"Exists"},{"key":"node.kubernetes.io/not-ready","operator":"Exists"},{"key":"node.kubernetes.io/unreachable","operator":"Exists"}]""")),
            },
        });
        var pod = await trial.CreateAsync(Pod());
        Assert.Contains(pod.Spec.Tolerations, static t => t is { Key: "team", Value: "a" });
        Assert.Equal(
            "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist",
            await trial.RefusedAsync(Pod(static s => s with { Tolerations = [new() { Key = "other", Operator = "Exists" }] })));
    }

    [Fact]
    public async Task Events_come_only_so_fast()
    {
        var clock = new HandClock();
        var trial = With("EventRateLimit", Config("EventRateLimit", """
            apiVersion: eventratelimit.admission.k8s.io/v1alpha1
            kind: Configuration
            limits: [{type: Namespace, qps: 1, burst: 2}]
            """), clock);
        await trial.CreateAsync(Event("a"));
        await trial.CreateAsync(Event("b"));
        Assert.Equal("Too many requests: limit reached on type Namespace for key d", await trial.RefusedAsync(Event("c")));
        clock.Advance(TimeSpan.FromSeconds(1));
        await trial.CreateAsync(Event("c"));

        static Event Event(string name) => new() { Metadata = new ObjectMeta { Namespace = "d", Name = name } };
    }

    [Fact]
    public async Task Levels_of_namespaces_without_labels_are_configured()
    {
        var trial = new AdmissionTrial(new AdmissionChoice
        {
            Config = Config("PodSecurity", """
                apiVersion: pod-security.admission.config.k8s.io/v1
                kind: PodSecurityConfiguration
                defaults: {enforce: baseline}
                exemptions: {usernames: [boss]}
                """),
        });
        var pod = Pod(static s => s with { HostNetwork = true });
        Assert.StartsWith("pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)", await trial.RefusedAsync(pod), StringComparison.Ordinal);
        trial.User = new() { Name = "boss" };
        await trial.CreateAsync(pod);
    }

    [Fact]
    public async Task Limited_resources_need_a_quota()
    {
        var trial = new AdmissionTrial(new AdmissionChoice
        {
            Config = Config("ResourceQuota", """
                apiVersion: apiserver.config.k8s.io/v1
                kind: ResourceQuotaConfiguration
                limitedResources:
                - {resource: persistentvolumeclaims, matchContains: [gold.storageclass.storage.k8s.io/requests.storage]}
                - {resource: pods, matchScopes: [{scopeName: PriorityClass, operator: In, values: [high]}]}
                """),
        });
        Assert.Equal(
            "persistentvolumeclaims \"c\" is forbidden: insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage",
            await trial.RefusedAsync(new PersistentVolumeClaim
            {
                Metadata = new ObjectMeta { Namespace = "d", Name = "c" },
                Spec = new() { StorageClassName = "gold", Resources = new() { Requests = Amounts(("storage", "1Gi")) } },
            }));
        trial.Objects.Put(new Api.Scheduling.V1.PriorityClass { Metadata = new ObjectMeta { Name = "high" }, Value = 5 });
        Assert.Equal(
            "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
            await trial.RefusedAsync(Pod(static s => s with { PriorityClassName = "high" })));
    }

    [Fact]
    public void A_plugin_that_lacks_its_configuration_cannot_be_on() =>
        Assert.Equal("admission plugin EventRateLimit needs its configuration in --admission-control-config-file", Assert.Throws<FormatException>(() => With("EventRateLimit")).Message);

    private static AdmissionTrial With(string plugin, AdmissionConfig? config = null, TimeProvider? time = null) =>
        new(new AdmissionChoice { Enabled = [plugin], Config = config ?? new() }, time);

    private static AdmissionConfig Config(string plugin, string yaml)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["plugin.yaml"], yaml);
        File.WriteAllText(directory["admission.yaml"], $"apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{{name: {plugin}, path: plugin.yaml}}]\n");
        return AdmissionConfigReader.Load(directory["admission.yaml"]);
    }

    private static Pod Pod(Func<PodSpec, PodSpec>? change = null)
    {
        PodSpec spec = new() { Containers = [new() { Name = "c", Image = "busybox" }] };
        return new() { Metadata = new ObjectMeta { Namespace = "d", Name = "p" }, Spec = change?.Invoke(spec) ?? spec };
    }

    private static ApiMap<string> Map(params (string Key, string Value)[] pairs) => ApiMap<string>.From(pairs.Select(static p => KeyValuePair.Create(p.Key, p.Value)));

    private static ApiMap<Quantity> Amounts(params (string Key, string Value)[] pairs) =>
        ApiMap<Quantity>.From(pairs.Select(static p => KeyValuePair.Create(p.Key, Quantity.Parse(p.Value))));
}
