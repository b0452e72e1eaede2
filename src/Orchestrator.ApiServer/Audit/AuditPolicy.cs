using Orchestrator.Api.Json;
using Orchestrator.Api.Audit.V1;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Audit;

/// <summary>An audit.k8s.io/v1 Policy: the first rule that matches a request decides; none means that nothing is recorded.</summary>
internal sealed class AuditPolicy
{
    private const string ApiVersion = "audit.k8s.io/v1";

    private readonly Rule[] _rules;

    private AuditPolicy(Policy source)
    {
        var omitted = StagesOf(source.OmitStages);
        _rules = source.Rules.Select(r => new Rule(r, omitted, source.OmitManagedFields)).ToArray();
    }

    /// <exception cref="FormatException">The file is no policy; the message says where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AuditPolicy Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{e.Message}: from file {path}");
        }
    }

    /// <summary>Reads a policy. What it says beyond a policy is passed over.</summary>
    /// <exception cref="FormatException">The text is no policy; the message is upstream's.</exception>
    public static AuditPolicy Parse(byte[] yaml)
    {
        var policy = Decode(yaml);
        var faults = AuditPolicyValidator.Validate(policy);
        return faults.Count > 0 ? throw new FormatException(faults.Aggregate())
            : policy.Rules.Count == 0 ? throw new FormatException("loaded illegal policy with 0 rules")
            : new(policy);
    }

    private static Policy Decode(byte[] yaml)
    {
        try
        {
            // The kind goes without saying, the version does not.
            var json = YamlText.ToJson(yaml, strict: false, out _);
            var (apiVersion, kind) = TypeMetaSniffer.Read(json);
            if (apiVersion.Length == 0)
            {
                throw new FormatException("unknown group version field audit.k8s.io/__internal, Kind=Policy in policy");
            }

            if (apiVersion != ApiVersion || kind is not ("" or "Policy" or "PolicyList" or "Event" or "EventList"))
            {
                throw new FormatException($"failed decoding: no kind \"{(kind.Length > 0 ? kind : "Policy")}\" is registered for version \"{apiVersion}\" in scheme \"k8s.io/apiserver/pkg/audit/scheme.go:30\"");
            }

            return kind is "" or "Policy" ? ApiJson.Read<Policy>(json) : throw new FormatException($"failed decoding: converting (v1.{kind}) to (audit.Policy): unknown conversion");
        }
        catch (Exception wrong) when (wrong is ApiDecodeException or System.Text.Json.JsonException)
        {
            throw new FormatException("failed decoding: " + wrong.Message);
        }
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

    private static AuditStages StagesOf(IEnumerable<string> names) => names.Aggregate(AuditStages.None, static (stages, name) => stages | Enum.Parse<AuditStages>(name));

    private sealed class Rule(PolicyRule source, AuditStages omitted, bool omitManagedFields)
    {
        private readonly PolicyRule _source = source;

        public AuditVerdict Verdict { get; } = new(Enum.Parse<AuditLevel>(source.Level), omitted | StagesOf(source.OmitStages), source.OmitManagedFields ?? omitManagedFields);

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
            if (resources.Group != request.Group && resources.Group != "*")
            {
                return false;
            }

            if (resources.Resources.Count == 0)
            {
                return true;
            }

            var full = request.Subresource.Length > 0 ? request.Resource + "/" + request.Subresource : request.Resource;
            return resources.Resources.Any(r =>
                    r == full || r == "*" || IsAllOf(r, request.Resource)
                    || (request.Subresource.Length > 0 && r.StartsWith("*/", StringComparison.Ordinal) && r.AsSpan(2).SequenceEqual(request.Subresource)))
                && (resources.ResourceNames.Count == 0 || resources.ResourceNames.Contains(request.Name));
        }

        /// <summary><c>pods/*</c>, which is pods and all of their subresources.</summary>
        private static bool IsAllOf(string pattern, string resource) => pattern.EndsWith("/*", StringComparison.Ordinal) && pattern.AsSpan(0, pattern.Length - 2).SequenceEqual(resource);

        private static bool Covers(string pattern, string path) =>
            pattern == "*" || pattern == path || (pattern.EndsWith('*') && path.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal));
    }
}
