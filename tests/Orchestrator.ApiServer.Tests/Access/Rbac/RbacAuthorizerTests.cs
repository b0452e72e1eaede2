using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Access.Rbac;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Tests.Access.Rbac;

public sealed class RbacAuthorizerTests
{
    private readonly RbacIndex _index = new();
    private readonly AuthorizerChain _authorizers;

    public RbacAuthorizerTests()
    {
        _authorizers = new([new RbacAuthorizer(_index)]);
        foreach (var obj in BootstrapRbac.Objects())
        {
            _index.Put(obj);
        }
    }

    [Fact]
    public void The_table_gives_the_default_objects_of_upstream()
    {
        var objects = BootstrapRbac.Objects();
        Assert.Equal(7, objects.OfType<Role>().Count());
        Assert.Equal(7, objects.OfType<RoleBinding>().Count());
        var admin = objects.OfType<ClusterRole>().Single(r => r.Metadata.Name == "cluster-admin");
        Assert.Equal(2, admin.Rules.Count);
        Assert.Equal("rbac-defaults", admin.Metadata.Labels["kubernetes.io/bootstrapping"]);
    }

    [Fact]
    public async Task A_role_allows_what_it_says_in_its_namespace_and_nothing_else()
    {
        GivenRole("d", "r", new PolicyRule { Verbs = ["get", "list"], ApiGroups = [""], Resources = ["pods", "*/scale"] });
        var binding = GivenBinding("d", "r", new Subject { Kind = "User", Name = "jane" });

        var allowed = await AskAsync("jane", "get", "d", "pods");
        Assert.Equal("RBAC: allowed by RoleBinding \"r/d\" of Role \"r\" to User \"jane\"", allowed.Reason);
        Assert.True((await AskAsync("jane", "get", "d", "deployments", "scale")).IsAllowed);
        Assert.False((await AskAsync("jane", "get", "d", "pods", "log")).IsAllowed);
        Assert.False((await AskAsync("jane", "delete", "d", "pods")).IsAllowed);
        Assert.False((await AskAsync("jane", "get", "e", "pods")).IsAllowed);
        Assert.False((await AskAsync("jim", "get", "d", "pods")).IsAllowed);

        _index.Remove(binding);
        Assert.False((await AskAsync("jane", "get", "d", "pods")).IsAllowed);
    }

    [Fact]
    public async Task A_binding_whose_subjects_change_gives_and_takes()
    {
        GivenRole("d", "r", new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] });
        GivenBinding("d", "r", new Subject { Kind = "User", Name = "jane" });
        GivenBinding("d", "r", new Subject { Kind = "ServiceAccount", Name = "default" });

        Assert.False((await AskAsync("jane", "get", "d", "pods")).IsAllowed);
        Assert.True((await AskAsync("system:serviceaccount:d:default", "get", "d", "pods")).IsAllowed);
    }

    [Fact]
    public async Task A_rule_with_names_allows_those_names_only()
    {
        GivenRole("d", "r", new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"], ResourceNames = ["a"] });
        GivenBinding("d", "r", new Subject { Kind = "User", Name = "jane" });

        Assert.True((await AskAsync("jane", "get", "d", "pods", name: "a")).IsAllowed);
        Assert.False((await AskAsync("jane", "get", "d", "pods", name: "b")).IsAllowed);
        Assert.False((await AskAsync("jane", "get", "d", "pods")).IsAllowed);
    }

    [Fact]
    public async Task A_missing_role_is_told()
    {
        GivenBinding("d", "nowhere", new Subject { Kind = "User", Name = "jane" });
        Assert.Equal("RBAC: role.rbac.authorization.k8s.io \"nowhere\" not found", (await AskAsync("jane", "get", "d", "pods")).Reason);
    }

    [Fact]
    public async Task Masters_may_everything_and_everybody_may_see_the_version()
    {
        var master = new AccessAttributes { User = new UserInfo { Name = "x", Groups = ["system:masters"] }, Verb = "delete", Resource = "nodes" };
        Assert.True((await _authorizers.AuthorizeAsync(master, CancellationToken.None)).IsAllowed);
        var anonymous = new AccessAttributes { User = UserInfo.Anonymous, Verb = "get", IsResource = false, Path = "/version" };
        Assert.True((await _authorizers.AuthorizeAsync(anonymous, CancellationToken.None)).IsAllowed);
        Assert.False((await _authorizers.AuthorizeAsync(anonymous with { Path = "/metrics" }, CancellationToken.None)).IsAllowed);
    }

    [Fact]
    public void A_refusal_is_upstreams_text()
    {
        var attributes = new AccessAttributes { User = new UserInfo { Name = "jane" }, Verb = "get", Resource = "pods", Subresource = "log", Namespace = "d", Name = "a" };
        var status = AuthorizerChain.Refusal(attributes, AccessDecision.NoOpinion()).Status;
        Assert.Equal("pods \"a\" is forbidden: User \"jane\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"d\"", status.Message);
    }

    [Fact]
    public void Missing_rights_are_described_compactly()
    {
        PolicyRule[] held = [new() { Verbs = ["get", "list"], ApiGroups = [""], Resources = ["configmaps"] }];
        PolicyRule[] wanted = [new() { Verbs = ["get", "delete"], ApiGroups = [""], Resources = ["configmaps", "secrets"] }];
        Assert.Equal(
            ["{APIGroups:[\"\"], Resources:[\"configmaps\"], Verbs:[\"delete\"]}", "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"delete\"]}"],
            RuleCover.Compact(RuleCover.Missing(held, wanted)).Select(RuleCover.Describe));
    }

    [Fact]
    public void Reconciling_adds_what_is_missing_and_keeps_what_users_added()
    {
        var wanted = new ClusterRole { Metadata = new ObjectMeta { Name = "x" }, Rules = [new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] }] };
        var own = new PolicyRule { Verbs = ["delete"], ApiGroups = [""], Resources = ["pods"] };
        var merged = (ClusterRole)BootstrapRbac.Reconcile(wanted, wanted with { Rules = [own] })!.Value.Object;

        Assert.Equal([own, wanted.Rules[0]], merged.Rules);
        Assert.Null(BootstrapRbac.Reconcile(wanted, merged));
    }

    private void GivenRole(string ns, string name, params PolicyRule[] rules) =>
        _index.Put(new Role { Metadata = new ObjectMeta { Namespace = ns, Name = name }, Rules = [.. rules] });

    private RoleBinding GivenBinding(string ns, string role, params Subject[] subjects)
    {
        var binding = new RoleBinding
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = role },
            RoleRef = new RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = role },
            Subjects = [.. subjects],
        };
        _index.Put(binding);
        return binding;
    }

    private ValueTask<AccessDecision> AskAsync(string user, string verb, string ns, string resource, string subresource = "", string name = "") =>
        _authorizers.AuthorizeAsync(
            new AccessAttributes { User = new UserInfo { Name = user }, Verb = verb, Namespace = ns, Resource = resource, Subresource = subresource, Name = name },
            CancellationToken.None);
}
