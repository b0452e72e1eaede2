using Orchestrator.Api.ServerConfig.V1;
using Orchestrator.ApiServer.Configuration;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Reads an AuthenticationConfiguration of apiserver.config.k8s.io: issuers of tokens, by claims or by expressions, and who may come without credentials.</summary>
public static class AuthenticationConfigReader
{
    private static readonly ConfigScheme Scheme = ConfigScheme.Server("k8s.io/kubernetes/pkg/kubeapiserver/options/authentication.go:64");

    /// <exception cref="FormatException">The file is wrong; the message tells where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AuthenticationSetup Load(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            return Parse(content) with { File = new(path, content) };
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}");
        }
    }

    /// <summary>A file that takes the place of another: who may come without credentials cannot change while the server runs.</summary>
    /// <exception cref="FormatException">It is wrong.</exception>
    internal static AuthenticationSetup ParseAgain(byte[] yaml, ReadOnlySpan<byte> first)
    {
        var setup = Parse(yaml);
        var (before, now) = (Decode(first.ToArray()).Anonymous, Decode(yaml).Anonymous);
        return Equals(before, now) ? setup : throw new FormatException("anonymous: Forbidden: changed from initial configuration file");
    }

    internal static AuthenticationSetup Parse(byte[] yaml)
    {
        var configuration = Decode(yaml);
        var (faults, expressions) = AuthenticationConfigValidator.Validate(configuration);
        if (faults.Count > 0)
        {
            throw new FormatException(faults.Aggregate());
        }

        return new AuthenticationSetup
        {
            Issuers = configuration.Jwt.Select((jwt, i) => Issuer(jwt, expressions[i])).ToArray(),
            SaysAnonymous = configuration.Anonymous is not null,
            Anonymous = configuration.Anonymous is { } anonymous
                ? new AnonymousOptions { IsEnabled = anonymous.Enabled, Paths = anonymous.Conditions.Select(static c => c.Path).ToHashSet(StringComparer.Ordinal) }
                : new AnonymousOptions(),
        };
    }

    private static AuthenticationConfiguration Decode(byte[] yaml) => yaml.Length == 0
        ? throw new FormatException("empty config data")
        : ConfigDecoder.Read<AuthenticationConfiguration>(yaml, "AuthenticationConfiguration", Scheme);

    private static OidcOptions Issuer(JWTAuthenticator jwt, ClaimExpressions expressions)
    {
        var mappings = jwt.ClaimMappings;
        return new OidcOptions
        {
            IssuerUrl = jwt.Issuer.Url,
            DiscoveryUrl = jwt.Issuer.DiscoveryURL is { Length: > 0 } discovery ? discovery : null,
            ClientId = jwt.Issuer.Audiences[0],
            Audiences = jwt.Issuer.Audiences,
            UsernameClaim = mappings.Username.Claim,
            UsernamePrefix = mappings.Username.Prefix ?? "",
            GroupsClaim = mappings.Groups.Claim,
            GroupsPrefix = mappings.Groups.Prefix ?? "",
            UidClaim = mappings.Uid.Claim,
            RequiredClaims = jwt.ClaimValidationRules.Where(static r => r.Claim.Length > 0).ToDictionary(static r => r.Claim, static r => r.RequiredValue),
            AuthorityPem = jwt.Issuer.CertificateAuthority is { Length: > 0 } pem ? pem : null,
            Expressions = expressions,
        };
    }
}
