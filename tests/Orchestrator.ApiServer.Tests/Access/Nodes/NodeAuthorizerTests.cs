using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Access.Nodes;

public sealed class NodeAuthorizerTests
{
    private readonly AdmissionTrial _trial = new();
    private readonly Pod _pod = Pods.Plain().With(static s => s with
    {
        NodeName = "n1",
        ServiceAccountName = "default",
        Volumes = [new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "used" } }, new Volume { Name = "c", PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "claim" } }],
        ImagePullSecrets = [new LocalObjectReference { Name = "pull" }],
    });

    public NodeAuthorizerTests()
    {
        foreach (var obj in BootstrapRbac.Objects())
        {
            _trial.Rbac.Put(obj);
        }

        _trial.Nodes.Put(_pod);
    }

    [Theory]
    [InlineData("n1", "configmaps", "used", true)]
    [InlineData("n1", "configmaps", "unused", false)]
    [InlineData("n2", "configmaps", "used", false)]
    [InlineData("n1", "secrets", "pull", true)]
    [InlineData("n1", "secrets", "used", false)]
    [InlineData("n1", "persistentvolumeclaims", "claim", true)]
    [InlineData("n1", "serviceaccounts", "default", true)]
    [InlineData("n1", "pods", "p", true)]
    [InlineData("n2", "pods", "p", false)]
    [InlineData("n2", "services", "any", true)]
    public async Task A_node_reads_what_its_pods_use(string node, string resource, string name, bool allowed) =>
        Assert.Equal(allowed, (await AskAsync(node, "get", resource, name)).IsAllowed);

    [Fact]
    public async Task When_the_pod_is_gone_so_is_the_right()
    {
        _trial.Nodes.Remove(_pod);
        Assert.Equal("no relationship found between node 'n1' and this object", (await AskAsync("n1", "get", "configmaps", "used")).Reason);
    }

    [Fact]
    public async Task A_secret_behind_a_claim_of_the_pod_may_be_read()
    {
        _trial.Objects.Put(new PersistentVolumeClaim { Metadata = new ObjectMeta { Namespace = "d", Name = "claim" }, Spec = new PersistentVolumeClaimSpec { VolumeName = "pv" } });
        _trial.Objects.Put(new PersistentVolume
        {
            Metadata = new ObjectMeta { Name = "pv" },
            Spec = new PersistentVolumeSpec { Csi = new CSIPersistentVolumeSource { NodeStageSecretRef = new SecretReference { Namespace = "d", Name = "stage" } } },
        });
        Assert.True((await AskAsync("n1", "get", "secrets", "stage")).IsAllowed);
        Assert.False((await AskAsync("n2", "get", "secrets", "stage")).IsAllowed);
    }

    [Fact]
    public async Task Pods_are_listed_by_the_nodes_own_name_only()
    {
        Assert.Equal("can only list/watch pods with spec.nodeName field selector", (await AskAsync("n1", "list", "pods", "")).Reason);
        var own = Attributes("n1", "watch", "pods", "") with { FieldRequirements = [new FieldSelectorRequirement { Key = "spec.nodeName", Operator = "In", Values = ["n1"] }] };
        Assert.True((await _trial.Authorizers.AuthorizeAsync(own, CancellationToken.None)).IsAllowed);
    }

    private ValueTask<AccessDecision> AskAsync(string node, string verb, string resource, string name) =>
        _trial.Authorizers.AuthorizeAsync(Attributes(node, verb, resource, name), CancellationToken.None);

    private static AccessAttributes Attributes(string node, string verb, string resource, string name) =>
        new() { User = AdmissionTrial.NodeUser(node), Verb = verb, Namespace = "d", Resource = resource, Name = name };
}
