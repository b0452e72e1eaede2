using Orchestrator.Api.FlowControl.V1;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Fairness;

/// <summary>A FlowSchema made ready for matching, with the priority level that it leads to. Matching allocates nothing.</summary>
internal sealed class FlowSchemaRules
{
    private const string All = "*";
    private readonly Rule[] _rules;

    public FlowSchemaRules(FlowSchema source, PriorityLevel level, FairnessInstruments instruments)
    {
        Name = source.Metadata.Name;
        Uid = source.Metadata.Uid;
        Precedence = source.Spec.MatchingPrecedence;
        Distinguisher = source.Spec.DistinguisherMethod?.Type ?? "";
        Level = level;
        Series = instruments.Of(Name, level.Name);
        _rules = source.Spec.Rules.Select(static r => new Rule(r)).ToArray();
    }

    public string Name { get; }

    public string Uid { get; }

    /// <summary>Lower comes first.</summary>
    public int Precedence { get; }

    /// <summary>ByUser, ByNamespace, or "" for one flow in all.</summary>
    public string Distinguisher { get; }

    public PriorityLevel Level { get; }

    public FlowSeries Series { get; }

    public bool Matches(UserInfo user, RequestInfo request)
    {
        foreach (var rule in _rules)
        {
            if (rule.IsFor(user) && rule.Covers(request))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What tells this schema's flows apart; requests of one flow are answered in turn.</summary>
    public string FlowOf(UserInfo user, RequestInfo request) => Distinguisher switch
    {
        "ByUser" => user.Name,
        "ByNamespace" => request.Namespace,
        _ => "",
    };

    private static bool Has(string[] values, string value)
    {
        foreach (var one in values)
        {
            if (one == All || one == value)
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Rule(PolicyRulesWithSubjects source)
    {
        private readonly SubjectRule[] _subjects = source.Subjects.Select(SubjectRule.Of).ToArray();

        private readonly ResourceRule[] _resources = source.ResourceRules.Select(static r => new ResourceRule(
            [.. r.Verbs], [.. r.ApiGroups], [.. r.Resources], [.. r.Namespaces], r.ClusterScope)).ToArray();

        private readonly PathRule[] _paths = source.NonResourceRules.Select(static r => new PathRule([.. r.Verbs], [.. r.NonResourceURLs])).ToArray();

        public bool IsFor(UserInfo user)
        {
            foreach (var subject in _subjects)
            {
                if (subject.Is(user))
                {
                    return true;
                }
            }

            return false;
        }

        public bool Covers(RequestInfo request)
        {
            if (!request.IsResource)
            {
                foreach (var rule in _paths)
                {
                    if (rule.Covers(request))
                    {
                        return true;
                    }
                }

                return false;
            }

            foreach (var rule in _resources)
            {
                if (rule.Covers(request))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>A user, a group, or a service account by its user name; <paramref name="Prefix"/> for all accounts of a namespace.</summary>
    private sealed record SubjectRule(bool IsGroup, string Name, string Prefix)
    {
        public static SubjectRule Of(Subject subject) => subject.Kind switch
        {
            "Group" => new(true, subject.Group?.Name ?? "", ""),
            "ServiceAccount" when subject.ServiceAccount?.Name == All => new(false, "", Groups.ServiceAccountUser(subject.ServiceAccount.Namespace, "")),
            "ServiceAccount" => new(false, Groups.ServiceAccountUser(subject.ServiceAccount?.Namespace ?? "", subject.ServiceAccount?.Name ?? ""), ""),
            _ => new(false, subject.User?.Name ?? "", ""),
        };

        public bool Is(UserInfo user)
        {
            if (IsGroup)
            {
                return Name == All || Groups.IsMember(user, Name);
            }

            return Prefix.Length > 0 ? user.Name.StartsWith(Prefix, StringComparison.Ordinal) : Name == All || Name == user.Name;
        }
    }

    private sealed record ResourceRule(string[] Verbs, string[] ApiGroups, string[] Resources, string[] Namespaces, bool ClusterScope)
    {
        public bool Covers(RequestInfo request) =>
            Has(Verbs, request.Verb) && Has(ApiGroups, request.Group) && HasResource(request) && (request.Namespace.Length == 0 ? ClusterScope : Has(Namespaces, request.Namespace));

        private bool HasResource(RequestInfo request)
        {
            foreach (var resource in Resources)
            {
                if (resource == All || (request.Subresource.Length == 0 ? resource == request.Resource : IsSubresource(resource, request)))
                {
                    return true;
                }
            }

            return false;
        }

        private static bool IsSubresource(string resource, RequestInfo request) =>
            resource.Length == request.Resource.Length + 1 + request.Subresource.Length
            && resource[request.Resource.Length] == '/'
            && resource.StartsWith(request.Resource, StringComparison.Ordinal)
            && resource.EndsWith(request.Subresource, StringComparison.Ordinal);
    }

    private sealed record PathRule(string[] Verbs, string[] Paths)
    {
        public bool Covers(RequestInfo request)
        {
            if (!Has(Verbs, request.Verb))
            {
                return false;
            }

            foreach (var path in Paths)
            {
                if (path == All || path == request.Path
                    || (path.EndsWith("/*", StringComparison.Ordinal) && request.Path.AsSpan().StartsWith(path.AsSpan(0, path.Length - 1), StringComparison.Ordinal)))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
