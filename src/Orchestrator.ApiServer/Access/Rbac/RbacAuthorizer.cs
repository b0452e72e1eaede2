using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access.Rbac;

/// <summary>Allows what the roles bound to a user and his groups allow; refuses nothing.</summary>
public sealed class RbacAuthorizer(RbacIndex index) : IAuthorizer
{
    public ValueTask<AccessDecision> AuthorizeAsync(in AccessAttributes attributes, CancellationToken cancellationToken)
    {
        List<string>? missing = null;
        var grant = FindIn("", attributes, ref missing);
        if (grant is null && attributes.IsResource && attributes.Namespace.Length > 0)
        {
            grant = FindIn(attributes.Namespace, attributes, ref missing);
        }

        return new(grant is not null ? AccessDecision.Allow(grant.Reason)
            : missing is null ? AccessDecision.NoOpinion()
            : AccessDecision.NoOpinion("RBAC: " + (missing.Count == 1 ? missing[0] : "[" + string.Join(", ", missing) + "]")));
    }

    public string AddRules(UserInfo user, string ns, List<PolicyRule> rules)
    {
        var missing = new List<string>();
        AddRulesOf("", user, rules, missing);
        if (ns.Length > 0)
        {
            AddRulesOf(ns, user, rules, missing);
        }

        return string.Join(", ", missing);
    }

    private void AddRulesOf(string ns, UserInfo user, List<PolicyRule> rules, List<string> missing)
    {
        // A binding counts once, by the first of its subjects that the user is, and in the order of bindings' names.
        var grants = user.Groups.SelectMany(g => index.GrantsOf(isGroup: true, g, ns)).Concat(index.GrantsOf(isGroup: false, user.Name, ns));
        foreach (var grant in grants.OrderBy(static g => g.Binding, StringComparer.Ordinal).DistinctBy(static g => g.Binding, StringComparer.Ordinal))
        {
            if (index.FindRole(grant) is { } role)
            {
                rules.AddRange(role.Select(static r => r.Source));
            }
            else if (!missing.Contains(grant.MissingRole))
            {
                missing.Add(grant.MissingRole);
            }
        }
    }

    private Grant? FindIn(string ns, in AccessAttributes attributes, ref List<string>? missing)
    {
        if (FindAmong(index.GrantsOf(isGroup: false, attributes.User.Name, ns), attributes, ref missing) is { } byName)
        {
            return byName;
        }

        var groups = attributes.User.Groups;
        for (var i = 0; i < groups.Count; i++)
        {
            if (FindAmong(index.GrantsOf(isGroup: true, groups[i], ns), attributes, ref missing) is { } byGroup)
            {
                return byGroup;
            }
        }

        return null;
    }

    private Grant? FindAmong(Grant[] grants, in AccessAttributes attributes, ref List<string>? missing)
    {
        foreach (var grant in grants)
        {
            if (index.FindRole(grant) is not { } role)
            {
                var text = grant.MissingRole;
                if (missing?.Contains(text) != true)
                {
                    (missing ??= []).Add(text);
                }

                continue;
            }

            foreach (var rule in role)
            {
                if (rule.Allows(attributes))
                {
                    return grant;
                }
            }
        }

        return null;
    }
}
