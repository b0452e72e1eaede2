using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Access;

/// <summary>Asks one authorizer after the other until one has an opinion. Members of system:masters may do everything, whatever the others say.</summary>
public sealed class AuthorizerChain(IReadOnlyList<IAuthorizer> authorizers) : IAuthorizer
{
    private volatile IReadOnlyList<IAuthorizer> _authorizers = authorizers;

    private static readonly PolicyRule[] Everything =
    [
        new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        new() { Verbs = ["*"], NonResourceURLs = ["*"] },
    ];

    /// <summary>Asks others from now on; requests that are being judged are judged by those before.</summary>
    public void Replace(IReadOnlyList<IAuthorizer> others) => _authorizers = others;

    public ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken)
    {
        if (Groups.IsMember(attributes.User, Groups.Masters))
        {
            return new(AccessDecision.Allow());
        }

        var authorizers = _authorizers;
        string reasons = "", errors = "";
        for (var i = 0; i < authorizers.Count; i++)
        {
            var pending = authorizers[i].AuthorizeAsync(attributes, cancellationToken);
            if (!pending.IsCompletedSuccessfully)
            {
                return ContinueAsync(authorizers, pending, i, attributes, reasons, errors, cancellationToken);
            }

            var decision = pending.Result;
            if (decision.Verdict != AccessVerdict.NoOpinion)
            {
                return new(decision);
            }

            reasons = Join(reasons, decision.Reason, "\n");
            errors = Join(errors, decision.Error, ", ");
        }

        return new(new AccessDecision(AccessVerdict.NoOpinion, reasons, errors));
    }

    /// <summary>Authorizes, or throws the 403 that upstream answers with.</summary>
    public ValueTask RequireAsync(in AccessAttributes attributes, CancellationToken cancellationToken)
    {
        var pending = AuthorizeAsync(attributes, cancellationToken);
        if (!pending.IsCompletedSuccessfully)
        {
            return AwaitAsync(pending, attributes);
        }

        return pending.Result is { Verdict: AccessVerdict.Allow } ? default : throw Refusal(attributes, pending.Result);

        static async ValueTask AwaitAsync(ValueTask<AccessDecision> pending, AccessAttributes attributes)
        {
            var decision = await pending;
            if (!decision.IsAllowed)
            {
                throw Refusal(attributes, decision);
            }
        }
    }

    /// <summary>The 403 of a request that was not allowed.</summary>
    public static ApiException Refusal(in AccessAttributes attributes, in AccessDecision decision)
    {
        var message = Markup.Escape(attributes.ForbiddenMessage);
        var why = decision.Reason.Length > 0 ? message + ": " + decision.Reason : message;
        return attributes.IsResource
            ? Errors.Forbidden(attributes.ApiGroup, attributes.Resource, attributes.Name, why)
            : Errors.Forbidden("", "", "", why);
    }

    public string AddRules(UserInfo user, string ns, List<PolicyRule> rules)
    {
        if (Groups.IsMember(user, Groups.Masters))
        {
            rules.AddRange(Everything);
        }

        var why = "";
        foreach (var authorizer in _authorizers)
        {
            why = Join(why, authorizer.AddRules(user, ns, rules), ", ");
        }

        return why;
    }

    private static async ValueTask<AccessDecision> ContinueAsync(
        IReadOnlyList<IAuthorizer> authorizers, ValueTask<AccessDecision> pending, int index, AccessAttributes attributes, string reasons, string errors, CancellationToken cancellationToken)
    {
        while (true)
        {
            var decision = await pending;
            if (decision.Verdict != AccessVerdict.NoOpinion)
            {
                return decision;
            }

            reasons = Join(reasons, decision.Reason, "\n");
            errors = Join(errors, decision.Error, ", ");
            if (++index == authorizers.Count)
            {
                return new(AccessVerdict.NoOpinion, reasons, errors);
            }

            pending = authorizers[index].AuthorizeAsync(attributes, cancellationToken);
        }
    }

    private static string Join(string left, string right, string separator) =>
        right.Length == 0 ? left : left.Length == 0 ? right : left + separator + right;
}
