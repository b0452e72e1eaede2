using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Node.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.Api.Scheduling.V1;
using Orchestrator.Api.Storage.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.Plugins;

public sealed class DefaultPluginsTests
{
    private readonly AdmissionTrial _trial = new();

    [Fact]
    public async Task A_pod_is_resized_only_as_its_node_declares()
    {
        var trial = new AdmissionTrial();
        Node node = new() { Metadata = new ObjectMeta { Name = "n" } };
        trial.Objects.Put(node);
        Pod old = new() { Metadata = new ObjectMeta { Namespace = "d", Name = "p" }, Spec = new() { NodeName = "n", Containers = [new() { Name = "c", Image = "i" }] } };
        var resized = old with { Spec = old.Spec with { Resources = new() { Requests = ApiMap<Quantity>.Empty.With("cpu", Quantity.Parse("1")) } } };
        Assert.Equal(
            "pods \"p\" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node \"n\"",
            await trial.RefusedAsync(resized, old, "resize"));
        trial.Objects.Put(node with { Status = new() { DeclaredFeatures = ["InPlacePodLevelResourcesVerticalScaling"] } });
        await trial.UpdateAsync(resized, old, "resize");
    }

    [Fact]
    public async Task A_plain_pod_gets_account_tolerations_and_priority()
    {
        var pod = await _trial.CreateAsync(Pods.Plain());

        Assert.Equal("default", pod.Spec.ServiceAccountName);
        Assert.Equal("default", pod.Spec.ServiceAccount);
        Assert.Equal(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"], pod.Spec.Tolerations.Select(t => t.Key));
        Assert.Equal(0, pod.Spec.Priority);
        Assert.Equal("PreemptLowerPriority", pod.Spec.PreemptionPolicy);
        Assert.Empty(pod.Spec.Volumes);
    }

    [Fact]
    public async Task A_pod_that_may_have_a_token_gets_its_volume_mounted_everywhere_but_where_something_is()
    {
        const string path = "/var/run/secrets/kubernetes.io/serviceaccount";
        var pod = await _trial.CreateAsync(Pods.Plain().With(s => s with
        {
            AutomountServiceAccountToken = null,
            InitContainers = [new Container { Name = "i", VolumeMounts = [new VolumeMount { Name = "own", MountPath = path }] }],
        }));

        var volume = Assert.Single(pod.Spec.Volumes);
        Assert.Matches("^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$", volume.Name);
        Assert.Equal(3607, volume.Projected!.Sources[0].ServiceAccountToken!.ExpirationSeconds);
        Assert.Equal(volume.Name, Assert.Single(pod.Spec.Containers[0].VolumeMounts).Name);
        Assert.Equal("own", Assert.Single(pod.Spec.InitContainers[0].VolumeMounts).Name);
    }

    [Fact]
    public async Task A_missing_account_refuses_the_pod() => Assert.Equal(
        "pods \"p\" is forbidden: error looking up service account d/missing: serviceaccount \"missing\" not found",
        await _trial.RefusedAsync(Pods.Plain().With(s => s with { ServiceAccountName = "missing" })));

    [Fact]
    public async Task In_a_namespace_that_ends_nothing_is_made()
    {
        _trial.Objects.Put(new Namespace { Metadata = new ObjectMeta { Name = "d" }, Status = new NamespaceStatus { Phase = "Terminating" } });
        Assert.Equal(
            "configmaps \"a\" is forbidden: unable to create new content in namespace d because it is being terminated",
            await _trial.RefusedAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "d", Name = "a" } }));
    }

    [Fact]
    public async Task In_a_namespace_that_is_not_there_nothing_is_made() => Assert.Equal(
        "namespaces \"nowhere\" not found", await _trial.RefusedAsync(new ConfigMap { Metadata = new ObjectMeta { Namespace = "nowhere", Name = "a" } }));

    [Fact]
    public async Task Priority_comes_from_the_class_and_not_from_the_pod()
    {
        _trial.Objects.Put(new PriorityClass { Metadata = new ObjectMeta { Name = "high" }, Value = 1000 });
        var named = Pods.Plain().With(s => s with { PriorityClassName = "high" });

        Assert.Equal(1000, (await _trial.CreateAsync(named)).Spec.Priority);
        Assert.Equal(
            "pods \"p\" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name",
            await _trial.RefusedAsync(named.With(s => s with { Priority = 5 })));
        Assert.Equal(
            "pods \"p\" is forbidden: no PriorityClass with name no-such-class was found",
            await _trial.RefusedAsync(Pods.Plain().With(s => s with { PriorityClassName = "no-such-class" })));
    }

    [Fact]
    public async Task A_default_priority_class_is_written_into_the_pod_and_is_the_only_one()
    {
        var priorityClass = new PriorityClass { Metadata = new ObjectMeta { Name = "usual" }, Value = 7, GlobalDefault = true };
        _trial.Objects.Put(priorityClass);

        Assert.Equal("usual", (await _trial.CreateAsync(Pods.Plain())).Spec.PriorityClassName);
        Assert.Contains("already marked as default", await _trial.RefusedAsync(priorityClass with { Metadata = new ObjectMeta { Name = "other" } }));
    }

    [Fact]
    public async Task A_runtime_class_gives_overhead_selector_and_tolerations()
    {
        _trial.Objects.Put(new RuntimeClass
        {
            Metadata = new ObjectMeta { Name = "kata" },
            Overhead = new Overhead { PodFixed = Pods.Amounts(("cpu", "250m")) },
            Scheduling = new Scheduling { NodeSelector = ApiMap<string>.Empty.With("kata", "yes"), Tolerations = [new Toleration { Key = "kata", Operator = "Exists" }] },
        });
        var named = Pods.Plain().With(s => s with { RuntimeClassName = "kata" });

        var pod = await _trial.CreateAsync(named);
        Assert.Equal("250m", pod.Spec.Overhead["cpu"].ToString());
        Assert.Equal("yes", pod.Spec.NodeSelector["kata"]);
        Assert.Equal("kata", pod.Spec.Tolerations[^1].Key);
        Assert.Equal(
            "pods \"p\" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no",
            await _trial.RefusedAsync(named.With(s => s with { NodeSelector = ApiMap<string>.Empty.With("kata", "no") })));
        Assert.Equal(
            "pods \"p\" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            await _trial.RefusedAsync(Pods.Plain().With(s => s with { Overhead = Pods.Amounts(("cpu", "1")) })));
    }

    [Fact]
    public async Task A_claim_without_class_gets_the_newest_default_and_its_finalizer()
    {
        StorageClass Class(string name, int year) => new()
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                CreationTimestamp = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero),
                Annotations = ApiMap<string>.Empty.With("storageclass.kubernetes.io/is-default-class", "true"),
            },
        };
        _trial.Objects.Put(Class("old", 2020));
        _trial.Objects.Put(Class("young", 2030));

        var claim = await _trial.CreateAsync(new PersistentVolumeClaim { Metadata = new ObjectMeta { Namespace = "d", Name = "c" } });
        Assert.Equal("young", claim.Spec.StorageClassName);
        Assert.Equal(["kubernetes.io/pvc-protection"], claim.Metadata.Finalizers);
    }

    [Fact]
    public async Task Limit_ranges_default_and_bound()
    {
        _trial.Objects.Put(new LimitRange
        {
            Metadata = new ObjectMeta { Namespace = "d", Name = "lr" },
            Spec = new LimitRangeSpec
            {
                Limits = [new LimitRangeItem { Type = "Container", Default = Pods.Amounts(("cpu", "2")), DefaultRequest = Pods.Amounts(("cpu", "1")), Max = Pods.Amounts(("cpu", "2")) }],
            },
        });

        var pod = await _trial.CreateAsync(Pods.Plain());
        Assert.Equal("2", pod.Spec.Containers[0].Resources.Limits["cpu"].ToString());
        Assert.Equal("LimitRanger plugin set: cpu request for container c; cpu limit for container c", pod.Metadata.Annotations["kubernetes.io/limit-ranger"]);
        Assert.Equal(
            "pods \"p\" is forbidden: maximum cpu usage per Container is 2, but limit is 3",
            await _trial.RefusedAsync(Pods.Plain().WithContainer(c => c with { Resources = new ResourceRequirements { Limits = Pods.Amounts(("cpu", "3")) } })));
    }

    [Fact]
    public async Task A_node_changes_only_what_is_its_own()
    {
        _trial.User = AdmissionTrial.NodeUser("n1");
        var theirs = Pods.Plain("theirs").With(s => s with { NodeName = "n2" });

        Assert.Equal(
            "pods \"theirs\" is forbidden: node \"n1\" can only update pod status for pods with spec.nodeName set to itself",
            await _trial.RefusedAsync(theirs, theirs, "status"));
        Assert.Equal(
            "pods \"p\" is forbidden: pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" can only create mirror pods",
            await _trial.RefusedAsync(Pods.Plain()));
        Assert.Equal("nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"", await _trial.RefusedAsync(new Node { Metadata = new ObjectMeta { Name = "n2" } }));
        var labelled = new Node { Metadata = new ObjectMeta { Name = "n1", Labels = ApiMap<string>.Empty.With("node-restriction.kubernetes.io/secure", "yes") } };
        Assert.Contains("not allowed to set the following labels: node-restriction.kubernetes.io/secure", await _trial.RefusedAsync(labelled));
        Assert.Equal(
            "node.kubernetes.io/not-ready",
            Assert.Single((await _trial.CreateAsync(new Node { Metadata = new ObjectMeta { Name = "n1" } })).Spec.Taints).Key);
    }

    [Fact]
    public async Task A_role_with_rights_that_the_user_lacks_is_refused()
    {
        _trial.User = new UserInfo { Name = "jane", Groups = ["system:authenticated"] };
        var role = new Role
        {
            Metadata = new ObjectMeta { Namespace = "d", Name = "more" },
            Rules = [new PolicyRule { Verbs = ["get", "delete"], ApiGroups = [""], Resources = ["secrets"] }],
        };
        Assert.Equal(
            "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n"
            + "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"delete\"]}",
            await _trial.RefusedAsync(role));
    }
}
