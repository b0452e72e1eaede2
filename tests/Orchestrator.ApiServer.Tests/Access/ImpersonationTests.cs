using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Tests.Access;

public sealed class ImpersonationTests : IAuthorizer
{
    private readonly HashSet<string> _allowed = [];

    [Fact]
    public async Task A_constrained_right_covers_what_it_names_and_no_more()
    {
        _allowed.UnionWith(["impersonate:user-info authentication.k8s.io/users jane", "impersonate-on:user-info:list /pods "]);
        var (user, constraint) = await ResolveAsync("list", ("Impersonate-User", "jane"));
        Assert.Equal(("jane", "impersonate:user-info"), (user.Name, constraint));
        Assert.Equal(["system:authenticated"], user.Groups);
        Assert.Contains("cannot impersonate-on:user-info:get resource \"pods\"", await RefusalAsync("get", ("Impersonate-User", "jane")), StringComparison.Ordinal);
        Assert.Contains("cannot impersonate:user-info resource \"groups\"", await RefusalAsync("list", ("Impersonate-User", "jane"), ("Impersonate-Group", "g")), StringComparison.Ordinal);
        _allowed.Add("impersonate:user-info authentication.k8s.io/groups system:masters");
        Assert.Contains("impersonating the system:masters group is not allowed", await RefusalAsync("list", ("Impersonate-User", "jane"), ("Impersonate-Group", "system:masters")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_old_right_covers_everything()
    {
        _allowed.UnionWith(["impersonate /users jane", "impersonate /groups system:masters", "impersonate authentication.k8s.io/userextras/Key v"]);
        var headers = new HeaderDictionary { ["Impersonate-User"] = "jane", ["Impersonate-Group"] = "system:masters", ["X"] = "y" };
        var (user, constraint) = await ResolveAsync("delete", headers);
        Assert.Equal("", constraint);
        Assert.Equal(["system:masters", "system:authenticated"], user.Groups);
        Assert.Equal(["X"], headers.Keys);
    }

    [Fact]
    public async Task A_node_is_played_by_anybody_who_may_or_by_who_runs_on_it()
    {
        _allowed.UnionWith(["impersonate:associated-node authentication.k8s.io/nodes *", "impersonate-on:associated-node:list /pods "]);
        Assert.Contains("impersonate-on:arbitrary-node:list", await RefusalAsync("list", ("Impersonate-User", "system:node:n1")), StringComparison.Ordinal);
        var agent = new UserInfo
        {
            Name = "system:serviceaccount:kube-system:agent", Extra = new Dictionary<string, IReadOnlyList<string>> { ["authentication.kubernetes.io/node-name"] = ["n1"] },
        };
        var (user, constraint) = await ResolveAsync("list", new HeaderDictionary { ["Impersonate-User"] = "system:node:n1" }, agent);
        Assert.Equal("impersonate:associated-node", constraint);
        Assert.Equal(["system:nodes", "system:authenticated"], user.Groups);
        await Assert.ThrowsAsync<ApiException>(() => ResolveAsync("list", new HeaderDictionary { ["Impersonate-User"] = "system:node:n2" }, agent));
    }

    public ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken)
    {
        var resource = $"{attributes.ApiGroup}/{attributes.Resource}{(attributes.Subresource.Length > 0 ? "/" + attributes.Subresource : "")}";
        return new(_allowed.Contains($"{attributes.Verb} {resource} {attributes.Name}") ? AccessDecision.Allow() : new AccessDecision(AccessVerdict.NoOpinion, "", ""));
    }

    public string AddRules(UserInfo user, string ns, List<PolicyRule> rules) => "";

    private Task<(UserInfo User, string Constraint)> ResolveAsync(string verb, params (string Name, string Value)[] headers)
    {
        var dictionary = new HeaderDictionary();
        foreach (var (name, value) in headers)
        {
            dictionary.Append(name, value);
        }

        return ResolveAsync(verb, dictionary);
    }

    private async Task<(UserInfo User, string Constraint)> ResolveAsync(string verb, HeaderDictionary headers, UserInfo? asker = null) =>
        await new Impersonation(new AuthorizerChain([this])).ResolveAsync(
            new AccessAttributes { User = asker ?? new UserInfo { Name = "joe" }, Verb = verb, ApiVersion = "v1", Resource = "pods", Namespace = "default" }, headers, CancellationToken.None);

    private async Task<string> RefusalAsync(string verb, params (string Name, string Value)[] headers) =>
        (await Assert.ThrowsAsync<ApiException>(() => ResolveAsync(verb, headers))).Message;
}
