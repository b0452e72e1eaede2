using Orchestrator.Api.Json;
using Orchestrator.Api.Audit.V1;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Audit;

/// <summary>An audit.k8s.io/v1 Policy: the first rule that matches a request decides; none means that nothing is recorded.</summary>
internal sealed class AuditPolicy
{
    private readonly Rule[] _rules;

    private AuditPolicy(Policy source)
    {
        var omitted = StagesOf(source.OmitStages, "omitStages");
        _rules = source.Rules.Select((r, i) => new Rule(r, omitted, source.OmitManagedFields, $"rules[{i}]")).ToArray();
    }

    /// <exception cref="FormatException">The file is no policy; the message says where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AuditPolicy Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is ApiDecodeException or FormatException)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    /// <exception cref="FormatException">The text is no policy.</exception>
    /// <exception cref="ApiDecodeException">The text is no YAML, or of another shape.</exception>
    public static AuditPolicy Parse(ReadOnlySpan<byte> yaml)
    {
        var json = ApiJson.WriteValueToArray(YamlReader.Read(yaml, out _));
        var issues = new DecodeIssues();
        var policy = ApiJson.Read<Policy>(json, issues);
        if (policy.ApiVersion != "audit.k8s.io/v1" || policy.Kind != "Policy")
        {
            throw new FormatException($"expected apiVersion audit.k8s.io/v1 and kind Policy, found {GoText.Quote(policy.ApiVersion)} and {GoText.Quote(policy.Kind)}");
        }

        if (policy.Rules.Count == 0)
        {
            throw new FormatException("the policy has no rules");
        }

        return new(policy);
    }

    /// <param name="request">What is asked for.</param>
    /// <param name="user">Who asks; null if he could not be authenticated.</param>
    public AuditVerdict Judge(RequestInfo request, UserInfo? user)
    {
        foreach (var rule in _rules)
        {
            if (rule.Matches(request, user))
            {
                return rule.Verdict;
            }
        }

        return new(AuditLevel.None, AuditStages.None, false);
    }

    private static AuditStages StagesOf(IEnumerable<string> names, string field)
    {
        var stages = AuditStages.None;
        foreach (var name in names)
        {
            stages |= Enum.TryParse<AuditStages>(name, out var stage) && stage != AuditStages.None
                ? stage
                : throw new FormatException($"{field}: unknown stage {GoText.Quote(name)}");
        }

        return stages;
    }

    private sealed class Rule
    {
        private readonly PolicyRule _source;

        public Rule(PolicyRule source, AuditStages omitted, bool omitManagedFields, string field)
        {
            _source = source;
            if (!Enum.TryParse<AuditLevel>(source.Level, out var level))
            {
                throw new FormatException($"{field}.level: {GoText.Quote(source.Level)} is not None, Metadata, Request or RequestResponse");
            }

            if (source.Resources.Count > 0 && source.NonResourceURLs.Count > 0)
            {
                throw new FormatException($"{field}: a rule is for resources or for nonResourceURLs, not for both");
            }

            if (source.NonResourceURLs.FirstOrDefault(static u => u != "*" && (!u.StartsWith('/') || u.IndexOf('*', StringComparison.Ordinal) is >= 0 and var star && star < u.Length - 1)) is { } wrong)
            {
                throw new FormatException($"{field}.nonResourceURLs: {GoText.Quote(wrong)} must begin with / and may have a * only at its end");
            }

            Verdict = new(level, omitted | StagesOf(source.OmitStages, field + ".omitStages"), source.OmitManagedFields ?? omitManagedFields);
        }

        public AuditVerdict Verdict { get; }

        public bool Matches(RequestInfo request, UserInfo? user)
        {
            if (_source.Users.Count > 0 && (user is null || !_source.Users.Contains(user.Name)))
            {
                return false;
            }

            if (_source.UserGroups.Count > 0 && (user is null || !_source.UserGroups.Any(g => Groups.IsMember(user, g))))
            {
                return false;
            }

            if (_source.Verbs.Count > 0 && !_source.Verbs.Contains(request.Verb))
            {
                return false;
            }

            if (_source.Namespaces.Count > 0 || _source.Resources.Count > 0)
            {
                return request.IsResource
                    && (_source.Namespaces.Count == 0 || _source.Namespaces.Contains(request.Namespace))
                    && (_source.Resources.Count == 0 || _source.Resources.Any(r => Covers(r, request)));
            }

            return _source.NonResourceURLs.Count == 0 || (!request.IsResource && _source.NonResourceURLs.Any(u => Covers(u, request.Path)));
        }

        private static bool Covers(GroupResources resources, RequestInfo request)
        {
            if (resources.Group != request.Group)
            {
                return false;
            }

            if (resources.Resources.Count == 0)
            {
                return true;
            }

            var full = request.Subresource.Length > 0 ? request.Resource + "/" + request.Subresource : request.Resource;
            return resources.Resources.Any(r =>
                    r == full || r == "*"
                    || (request.Subresource.Length > 0 && (r == request.Resource + "/*" || r == "*/" + request.Subresource)))
                && (resources.ResourceNames.Count == 0 || resources.ResourceNames.Contains(request.Name));
        }

        private static bool Covers(string pattern, string path) =>
            pattern == "*" || pattern == path || (pattern.EndsWith('*') && path.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal));
    }
}
