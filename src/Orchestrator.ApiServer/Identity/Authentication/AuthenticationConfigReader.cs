using System.Text.RegularExpressions;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.Cel;
using Orchestrator.Cel.Types;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Reads an AuthenticationConfiguration of apiserver.config.k8s.io: issuers of tokens, by claims or by expressions, and who may come without credentials.</summary>
public static partial class AuthenticationConfigReader
{
    private static readonly CelType[] TextType = [CelType.String];
    private static readonly CelType[] TextsTypes = [CelType.String, CelType.List(CelType.String), CelType.List(CelType.Dyn), CelType.Null];

    /// <exception cref="FormatException">The file is wrong; the message tells where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AuthenticationSetup Load(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            return Parse(content) with { File = new(path, content) };
        }
        catch (Exception e) when (e is ApiDecodeException or FormatException)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    internal static AuthenticationSetup Parse(ReadOnlySpan<byte> yaml)
    {
        var root = new ConfigNode(YamlReader.Read(yaml, out _), "");
        root.Require("AuthenticationConfiguration", "apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1");
        var issuers = root.List("jwt", isOptional: true).Select(Issuer).ToArray();
        if (issuers.DistinctBy(static i => i.IssuerUrl).Count() != issuers.Length)
        {
            throw new FormatException("jwt: two issuers have the same url");
        }

        if (issuers.Select(static i => i.DiscoveryUrl).OfType<string>().Distinct().Count() != issuers.Count(static i => i.DiscoveryUrl is not null))
        {
            throw new FormatException("jwt: two issuers have the same discoveryURL");
        }

        return new AuthenticationSetup { Issuers = issuers, Anonymous = root.Has("anonymous") ? Anonymous(root.Member("anonymous")) : new AnonymousOptions() };
    }

    private static AnonymousOptions Anonymous(ConfigNode anonymous)
    {
        var isEnabled = anonymous.Flag("enabled", absent: false);
        var conditions = anonymous.List("conditions", isOptional: true);
        if (!isEnabled && conditions.Count > 0)
        {
            throw new FormatException($"{anonymous.Path}.conditions: Invalid value: enabled should be set to true when conditions are defined");
        }

        return new AnonymousOptions { IsEnabled = isEnabled, Paths = conditions.Select(static c => c.Text("path")).ToHashSet(StringComparer.Ordinal) };
    }

    private static OidcOptions Issuer(ConfigNode jwt)
    {
        var issuer = jwt.Member("issuer");
        var url = Url(issuer, "url");
        var discovery = issuer.Text("discoveryURL").Length > 0 ? Url(issuer, "discoveryURL") : null;
        if (discovery == url)
        {
            throw new FormatException($"{issuer.Path}.discoveryURL: Invalid value: {GoText.Quote(url)}: discoveryURL must be different from URL");
        }

        var audiences = issuer.Texts("audiences");
        if (audiences.Count == 0 || audiences.Contains(""))
        {
            throw new FormatException($"{issuer.Path}.audiences: Required value: at least one audience");
        }

        var policy = issuer.Text("audienceMatchPolicy");
        if (policy != "MatchAny" && (policy.Length > 0 || audiences.Count > 1))
        {
            throw new FormatException($"{issuer.Path}.audienceMatchPolicy: Invalid value: {GoText.Quote(policy)}: audienceMatchPolicy must be MatchAny for multiple audiences");
        }

        var mappings = jwt.Member("claimMappings");
        var username = mappings.Member("username");
        var usernameExpression = Expression(username, TextType);
        if (usernameExpression is null && username.Text("claim").Length == 0)
        {
            throw new FormatException($"{username.Path}: Required value: claim or expression is required");
        }

        Prefix(username, usernameExpression);
        var groups = mappings.Has("groups") ? mappings.Member("groups") : (ConfigNode?)null;
        var uid = mappings.Has("uid") ? mappings.Member("uid") : (ConfigNode?)null;
        var groupsExpression = groups is { } given ? Expression(given, TextsTypes) : null;
        if (groups is { } group)
        {
            Prefix(group, groupsExpression);
        }

        var rules = jwt.List("claimValidationRules", isOptional: true);
        var extra = mappings.List("extra", isOptional: true);
        var expressions = new ClaimExpressions
        {
            Username = usernameExpression,
            Groups = groupsExpression,
            Uid = uid is { } id ? Expression(id, TextType) : null,
            Extra = Extra(extra),
            ClaimRules =
            [
                .. rules.Where(static r => r.Text("expression").Length > 0)
                    .Select(static r => (Expression(r, [CelType.Bool])!, r.Text("message") is { Length: > 0 } message ? message : "the claims are not valid")),
            ],
            UserRules =
            [
                .. jwt.List("userValidationRules", isOptional: true)
                    .Select(static r => (ClaimExpressions.CompileUser(r.Path + ".expression", r.Text("expression")), r.Text("message") is { Length: > 0 } message ? message : "the user is not valid")),
            ],
        };
        CheckEmail(username, rules, extra);
        return new OidcOptions
        {
            IssuerUrl = url,
            DiscoveryUrl = discovery,
            ClientId = audiences[0],
            Audiences = audiences,
            UsernameClaim = username.Text("claim"),
            UsernamePrefix = username.Text("prefix"),
            GroupsClaim = groups?.Text("claim") ?? "",
            GroupsPrefix = groups?.Text("prefix") ?? "",
            UidClaim = uid?.Text("claim") ?? "",
            RequiredClaims = rules.Where(static r => r.Text("expression").Length == 0).ToDictionary(static r => r.Text("claim"), static r => r.Text("requiredValue")),
            AuthorityPem = issuer.Text("certificateAuthority") is { Length: > 0 } pem ? pem : null,
            Expressions = expressions,
        };
    }

    private static string Url(ConfigNode issuer, string name)
    {
        var url = issuer.Text(name);
        return Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == Uri.UriSchemeHttps
            ? url
            : throw new FormatException($"{issuer.Path}.{name}: {GoText.Quote(url)} must be an https URL");
    }

    /// <summary>The expression of a mapping or rule; null if it names a claim. Both at once are refused.</summary>
    private static CelProgram? Expression(ConfigNode node, CelType[] allowed)
    {
        var text = node.Text("expression");
        if (text.Length == 0)
        {
            return null;
        }

        return node.Text("claim").Length > 0
            ? throw new FormatException($"{node.Path}: Invalid value: \"\": claim and expression can't both be set")
            : ClaimExpressions.CompileClaim(node.Path + ".expression", text, allowed);
    }

    private static void Prefix(ConfigNode node, CelProgram? expression)
    {
        if (expression is null && node.Text("claim").Length > 0 && !node.Has("prefix"))
        {
            throw new FormatException($"{node.Path}.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing.");
        }

        if (expression is not null && node.Has("prefix"))
        {
            throw new FormatException($"{node.Path}.prefix: Invalid value: {GoText.Quote(node.Text("prefix"))}: prefix can't be set when expression is set");
        }
    }

    private static IReadOnlyList<(string Key, CelProgram Value)> Extra(IReadOnlyList<ConfigNode> nodes)
    {
        var extra = new List<(string Key, CelProgram Value)>();
        foreach (var node in nodes)
        {
            var key = node.Text("key");
            if (key.IndexOf('/', StringComparison.Ordinal) <= 0 || key.Any(char.IsAsciiLetterUpper))
            {
                throw new FormatException($"{node.Path}.key: Invalid value: {GoText.Quote(key)}: must be a domain-prefixed path (such as \"acme.io/foo\") in lowercase");
            }

            var domain = key[..key.IndexOf('/', StringComparison.Ordinal)];
            if (domain is "kubernetes.io" or "k8s.io" || domain.EndsWith(".kubernetes.io", StringComparison.Ordinal) || domain.EndsWith(".k8s.io", StringComparison.Ordinal))
            {
                throw new FormatException($"{node.Path}.key: Invalid value: {GoText.Quote(key)}: {(domain.EndsWith("k8s.io", StringComparison.Ordinal) ? "k8s.io" : "kubernetes.io")} domain is reserved for Kubernetes use");
            }

            if (extra.Exists(e => e.Key == key))
            {
                throw new FormatException($"{node.Path}.key: Duplicate value: {GoText.Quote(key)}");
            }

            extra.Add((key, ClaimExpressions.CompileClaim(node.Path + ".valueExpression", node.Text("valueExpression"), TextsTypes)));
        }

        return extra;
    }

    /// <summary>Who takes an address for a name must look whether it is verified, as the claim alone does.</summary>
    private static void CheckEmail(ConfigNode username, IReadOnlyList<ConfigNode> rules, IReadOnlyList<ConfigNode> extra)
    {
        var texts = rules.Select(static r => r.Text("expression")).Concat(extra.Select(static e => e.Text("valueExpression"))).Append(username.Text("expression"));
        if (Email().IsMatch(username.Text("expression")) && !texts.Any(static t => t.Contains("claims.email_verified", StringComparison.Ordinal)))
        {
            throw new FormatException(
                $"{username.Path}.expression: Invalid value: {GoText.Quote(username.Text("expression"))}: "
                + "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression "
                + "when claims.email is used in claimMappings.username.expression");
        }
    }

    [GeneratedRegex(@"\bclaims\.email\b(?!_)")]
    private static partial Regex Email();
}
