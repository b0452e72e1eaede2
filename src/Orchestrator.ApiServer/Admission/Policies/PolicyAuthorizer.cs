using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Identity;
using Orchestrator.Cel.Library;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>Answers expressions what a user may do.</summary>
internal sealed class PolicyAuthorizer(AuthorizerChain authorizers, UserInfo user) : ICelAuthorizer
{
    public CelAuthorizerDecision Authorize(CelAuthorizerQuery query)
    {
        var pending = authorizers.AuthorizeAsync(
            new AccessAttributes
            {
                User = user,
                Verb = query.Verb,
                IsResource = query.Path is null,
                Path = query.Path ?? "",
                ApiGroup = query.Group,
                ApiVersion = "*",
                Resource = query.Resource,
                Subresource = query.Subresource,
                Namespace = query.Namespace,
                Name = query.Name,
            },
            CancellationToken.None);

        // The server's own authorizers answer from memory; an expression cannot wait for others.
        if (!pending.IsCompletedSuccessfully)
        {
            return new(false, "", "the authorizer did not answer at once");
        }

        var decision = pending.Result;
        return new(decision.IsAllowed, decision.Reason, decision.Error);
    }

    public ICelAuthorizer ForServiceAccount(string ns, string name) => new PolicyAuthorizer(
        authorizers,
        new UserInfo
        {
            Name = $"system:serviceaccount:{ns}:{name}",
            Groups = ["system:serviceaccounts", $"system:serviceaccounts:{ns}", "system:authenticated"],
        });
}
