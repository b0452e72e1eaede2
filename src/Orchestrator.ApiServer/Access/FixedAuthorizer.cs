using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access;

/// <summary>Upstream's AlwaysAllow and AlwaysDeny.</summary>
internal sealed class FixedAuthorizer(bool allows) : IAuthorizer
{
    public ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken) =>
        new(allows ? AccessDecision.Allow() : AccessDecision.NoOpinion("Everything is forbidden."));

    public string AddRules(UserInfo user, string ns, List<PolicyRule> rules)
    {
        if (allows)
        {
            rules.Add(new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] });
            rules.Add(new PolicyRule { Verbs = ["*"], NonResourceURLs = ["*"] });
        }

        return "";
    }
}
