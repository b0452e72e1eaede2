using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Reads an AuthenticationConfiguration of apiserver.config.k8s.io: issuers of tokens, with claims taken as they are. Expressions are refused.</summary>
public static class AuthenticationConfigReader
{
    /// <exception cref="FormatException">The file is wrong; the message tells where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<OidcOptions> Load(string path)
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

    internal static IReadOnlyList<OidcOptions> Parse(ReadOnlySpan<byte> yaml)
    {
        var root = new ConfigNode(YamlReader.Read(yaml, out _), "");
        root.Require("AuthenticationConfiguration", "apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1");
        if (root.Has("anonymous"))
        {
            throw new FormatException("anonymous: not supported; anonymous requests reach health and version only");
        }

        var issuers = root.List("jwt", isOptional: true).Select(Issuer).ToArray();
        return issuers.DistinctBy(static i => i.IssuerUrl).Count() == issuers.Length ? issuers : throw new FormatException("jwt: two issuers have the same url");
    }

    private static OidcOptions Issuer(ConfigNode jwt)
    {
        var issuer = jwt.Member("issuer");
        var mappings = jwt.Member("claimMappings");
        var username = mappings.Member("username");
        RefuseExpression(username);
        if (jwt.List("userValidationRules", isOptional: true) is [var rule, ..])
        {
            throw new FormatException($"{rule.Path}.expression: expressions are not supported");
        }

        var url = issuer.Text("url");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme != Uri.UriSchemeHttps)
        {
            throw new FormatException($"{issuer.Path}.url: {GoText.Quote(url)} must be an https URL");
        }

        var audiences = issuer.Texts("audiences");
        if (audiences.Count == 0)
        {
            throw new FormatException($"{issuer.Path}.audiences: Required value: at least one audience");
        }

        if (username.Text("claim").Length == 0)
        {
            throw new FormatException($"{username.Path}.claim: Required value");
        }

        if (!username.Has("prefix"))
        {
            throw new FormatException($"{username.Path}.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing.");
        }

        var groups = mappings.Has("groups") ? mappings.Member("groups") : (ConfigNode?)null;
        var uid = mappings.Has("uid") ? mappings.Member("uid") : (ConfigNode?)null;
        RefuseExpression(groups);
        RefuseExpression(uid);
        return new OidcOptions
        {
            IssuerUrl = url,
            DiscoveryUrl = issuer.Text("discoveryURL") is { Length: > 0 } discovery ? discovery : null,
            ClientId = audiences[0],
            Audiences = audiences,
            UsernameClaim = username.Text("claim"),
            UsernamePrefix = username.Text("prefix"),
            GroupsClaim = groups?.Text("claim") ?? "",
            GroupsPrefix = groups?.Text("prefix") ?? "",
            UidClaim = uid?.Text("claim") ?? "",
            RequiredClaims = jwt.List("claimValidationRules", isOptional: true).ToDictionary(
                static r =>
                {
                    RefuseExpression(r);
                    return r.Text("claim");
                },
                static r => r.Text("requiredValue")),
            AuthorityPem = issuer.Text("certificateAuthority") is { Length: > 0 } pem ? pem : null,
        };
    }

    private static void RefuseExpression(ConfigNode? node)
    {
        if (node is { } given && given.Text("expression").Length > 0)
        {
            throw new FormatException($"{given.Path}.expression: expressions are not supported; use claim");
        }
    }
}
