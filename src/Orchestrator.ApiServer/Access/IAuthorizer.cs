using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access;

/// <summary>Judges requests. May be called by several threads at once.</summary>
public interface IAuthorizer
{
    ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken);

    /// <summary>Adds the rules that a user has in a namespace, as far as this authorizer can tell.</summary>
    /// <returns>"", or why the rules are incomplete.</returns>
    string AddRules(UserInfo user, string ns, List<PolicyRule> rules);
}
