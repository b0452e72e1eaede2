using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Api;
using Orchestrator.Api.ServerConfig.V1;
using Orchestrator.ApiServer.Validation;
using Orchestrator.ApiServer.Validation.Batch;
using Orchestrator.Cel;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>What is wrong with an AuthenticationConfiguration, in upstream's words, and its compiled expressions.</summary>
internal static class AuthenticationConfigValidator
{
    private const int IssuersMax = 64;
    private const string Both = "claim and expression can't both be set";
    private const string Neither = "claim or expression is required";
    private const string WithExpression = "may not be specified when expression is set";
    private const string EmailUnverified =
        "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression "
        + "when claims.email is used in claimMappings.username.expression";

    public static (FieldErrorList Faults, IReadOnlyList<ClaimExpressions> Expressions) Validate(AuthenticationConfiguration configuration)
    {
        var faults = new FieldErrorList();
        var expressions = new List<ClaimExpressions>();
        var root = FieldPath.Root("jwt");
        if (configuration.Jwt.Count > IssuersMax)
        {
            faults.TooMany(root, configuration.Jwt.Count, IssuersMax);
            return (faults, expressions);
        }

        HashSet<string> issuers = new(StringComparer.Ordinal), discoveries = new(StringComparer.Ordinal);
        for (var i = 0; i < configuration.Jwt.Count; i++)
        {
            var (jwt, path) = (configuration.Jwt[i], root.Index(i));
            ValidateIssuer(jwt.Issuer, path.Child("issuer"), faults);
            expressions.Add(new JwtRules(path, faults).Validate(jwt));
            if (!issuers.Add(jwt.Issuer.Url))
            {
                faults.Duplicate(path.Child("issuer", "url"), jwt.Issuer.Url);
            }

            if (jwt.Issuer.DiscoveryURL is { Length: > 0 } discovery && !discoveries.Add(discovery))
            {
                faults.Duplicate(path.Child("issuer", "discoveryURL"), discovery);
            }
        }

        if (configuration.Anonymous is { Enabled: false, Conditions.Count: > 0 } anonymous)
        {
            faults.Invalid(FieldPath.Root("anonymous").Child("conditions"), new InternalValue(anonymous.Conditions), "enabled should be set to true when conditions are defined");
        }

        return (faults, expressions);
    }

    private static void ValidateIssuer(Issuer issuer, FieldPath path, FieldErrorList faults)
    {
        if (issuer.Url.Length == 0)
        {
            faults.Required(path.Child("url"));
        }
        else
        {
            ValidateUrl(issuer.Url, path.Child("url"), faults);
        }

        if (issuer.DiscoveryURL is { Length: > 0 } discovery)
        {
            if (issuer.Url.Length > 0 && issuer.Url.TrimEnd('/') == discovery.TrimEnd('/'))
            {
                faults.Invalid(path.Child("discoveryURL"), discovery, "discoveryURL must be different from URL");
            }

            ValidateUrl(discovery, path.Child("discoveryURL"), faults);
        }

        ValidateAudiences(issuer, path, faults);
        if (issuer.CertificateAuthority.Length > 0 && CertificateFault(issuer.CertificateAuthority) is { } fault)
        {
            faults.Invalid(path.Child("certificateAuthority"), "<omitted>", fault);
        }

        if (issuer.EgressSelectorType is not ("" or "controlplane" or "cluster"))
        {
            faults.Invalid(path.Child("egressSelectorType"), issuer.EgressSelectorType, "egress selector must be either controlplane or cluster");
        }
    }

    private static void ValidateUrl(string url, FieldPath path, FieldErrorList faults)
    {
        if (!GoUrl.TryParse(url, out var parsed, out var fault))
        {
            faults.Invalid(path, url, fault);
            return;
        }

        if (parsed.Scheme != "https")
        {
            faults.Invalid(path, url, "URL scheme must be https");
        }

        if (parsed.User is not null)
        {
            faults.Invalid(path, url, "URL must not contain a username or password");
        }

        if (parsed.Query.Length > 0)
        {
            faults.Invalid(path, url, "URL must not contain a query");
        }

        if (parsed.Fragment.Length > 0)
        {
            faults.Invalid(path, url, "URL must not contain a fragment");
        }
    }

    private static void ValidateAudiences(Issuer issuer, FieldPath path, FieldErrorList faults)
    {
        var audiences = path.Child("audiences");
        if (issuer.Audiences.Count == 0)
        {
            faults.Required(audiences, $"at least one {audiences} is required");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < issuer.Audiences.Count; i++)
        {
            if (issuer.Audiences[i].Length == 0)
            {
                faults.Required(audiences.Index(i));
            }

            if (!seen.Add(issuer.Audiences[i]))
            {
                faults.Duplicate(audiences.Index(i), issuer.Audiences[i]);
            }
        }

        if (issuer.Audiences.Count > 1 && issuer.AudienceMatchPolicy != "MatchAny")
        {
            faults.Invalid(path.Child("audienceMatchPolicy"), issuer.AudienceMatchPolicy, "audienceMatchPolicy must be MatchAny for multiple audiences");
        }
        else if (issuer.Audiences.Count == 1 && issuer.AudienceMatchPolicy is not ("" or "MatchAny"))
        {
            faults.Invalid(path.Child("audienceMatchPolicy"), issuer.AudienceMatchPolicy, "audienceMatchPolicy must be empty or MatchAny for single audience");
        }
    }

    private static string? CertificateFault(string pem)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            return certificates.Count > 0 ? null : "data does not contain any valid RSA or ECDSA certificates";
        }
        catch (CryptographicException)
        {
            return "x509: malformed certificate";
        }
    }

    /// <summary>The rules and mappings of one issuer.</summary>
    private sealed class JwtRules(FieldPath root, FieldErrorList faults)
    {
        private bool _verifiesEmail;

        public ClaimExpressions Validate(JWTAuthenticator jwt)
        {
            var claimRules = ClaimRules(jwt.ClaimValidationRules, root.Child("claimValidationRules"));
            var path = root.Child("claimMappings");
            var mappings = jwt.ClaimMappings;
            var username = Prefixed(mappings.Username, path.Child("username"), isRequired: true, out var isFaultless);
            var usesEmail = isFaultless && username is not null && username.Selects("claims", "email");
            _verifiesEmail |= isFaultless && username is not null && username.Selects("claims", "email_verified");
            var groups = Prefixed(mappings.Groups, path.Child("groups"), isRequired: false, out _);
            var uid = Uid(mappings.Uid, path.Child("uid"));
            var extra = Extra(mappings.Extra, path.Child("extra"));
            if (usesEmail && !_verifiesEmail)
            {
                faults.Invalid(path.Child("username", "expression"), mappings.Username.Expression, EmailUnverified);
            }

            return new ClaimExpressions
            {
                Username = username?.Program,
                Groups = groups?.Program,
                Uid = uid?.Program,
                Extra = extra,
                ClaimRules = claimRules,
                UserRules = UserRules(jwt.UserValidationRules, root.Child("userValidationRules")),
            };
        }

        private List<(CelProgram Program, string Message)> ClaimRules(ApiList<ClaimValidationRule> rules, FieldPath list)
        {
            var compiled = new List<(CelProgram Program, string Message)>();
            HashSet<string> claims = new(StringComparer.Ordinal), expressions = new(StringComparer.Ordinal);
            for (var i = 0; i < rules.Count; i++)
            {
                var (rule, path) = (rules[i], list.Index(i));
                switch (rule.Claim.Length > 0, rule.Expression.Length > 0)
                {
                    case (true, true):
                        faults.Invalid(path, rule.Claim, Both);
                        break;
                    case (false, false):
                        faults.Required(path, Neither);
                        break;
                    case (true, false):
                        if (rule.Message.Length > 0)
                        {
                            faults.Invalid(path.Child("message"), rule.Message, "may not be specified when claim is set");
                        }

                        if (!claims.Add(rule.Claim))
                        {
                            faults.Duplicate(path.Child("claim"), rule.Claim);
                        }

                        break;
                    default:
                        if (rule.RequiredValue.Length > 0)
                        {
                            faults.Invalid(path.Child("requiredValue"), rule.RequiredValue, WithExpression);
                        }

                        if (!expressions.Add(rule.Expression))
                        {
                            faults.Duplicate(path.Child("expression"), rule.Expression);
                        }
                        else if (Compile(ClaimExpressions.CompileRule(rule.Expression), path.Child("expression"), rule.Expression) is { } program)
                        {
                            _verifiesEmail |= program.Selects("claims", "email_verified");
                            compiled.Add((program.Program!, rule.Message));
                        }

                        break;
                }
            }

            return compiled;
        }

        private CelCompilation? Prefixed(PrefixedClaimOrExpression mapping, FieldPath path, bool isRequired, out bool isFaultless)
        {
            var before = faults.Count;
            CelCompilation? compiled = null;
            switch (mapping.Claim.Length > 0, mapping.Expression.Length > 0)
            {
                case (true, true):
                    faults.Invalid(path, "", Both);
                    break;
                case (false, false) when isRequired:
                    faults.Required(path, Neither);
                    break;
                case (false, true):
                    if (mapping.Prefix is { } prefix)
                    {
                        faults.Invalid(path.Child("prefix"), prefix, WithExpression);
                    }

                    compiled = Compile(ClaimExpressions.CompileMapping(mapping.Expression), path.Child("expression"), mapping.Expression);
                    break;
                case (true, false) when mapping.Prefix is null:
                    faults.Required(path.Child("prefix"), "prefix is required when claim is set. It can be set to an empty string to disable prefixing");
                    break;
                default:
                    break;
            }

            isFaultless = faults.Count == before;
            return compiled;
        }

        private CelCompilation? Uid(ClaimOrExpression uid, FieldPath path)
        {
            if (uid.Claim.Length > 0 && uid.Expression.Length > 0)
            {
                faults.Invalid(path, "", Both);
                return null;
            }

            return uid.Expression.Length > 0 ? Compile(ClaimExpressions.CompileMapping(uid.Expression), path.Child("expression"), uid.Expression) : null;
        }

        private List<(string Key, CelProgram Value)> Extra(ApiList<ExtraMapping> mappings, FieldPath list)
        {
            var extra = new List<(string Key, CelProgram Value)>();
            var keys = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < mappings.Count; i++)
            {
                var (mapping, path) = (mappings[i], list.Index(i));
                JobValidator.DomainPath(mapping.Key, path, "key", faults);
                if (mapping.Key.Any(char.IsUpper))
                {
                    faults.Invalid(path.Child("key"), mapping.Key, "must be lowercase");
                }

                if (IsReserved(mapping.Key))
                {
                    faults.Invalid(path.Child("key"), mapping.Key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
                }

                if (!keys.Add(mapping.Key))
                {
                    faults.Duplicate(path.Child("key"), mapping.Key);
                }
                else if (mapping.ValueExpression.Length == 0)
                {
                    faults.Required(path.Child("valueExpression"));
                }
                else if (Compile(ClaimExpressions.CompileMapping(mapping.ValueExpression), path.Child("valueExpression"), mapping.ValueExpression) is { } program)
                {
                    _verifiesEmail |= program.Selects("claims", "email_verified");
                    extra.Add((mapping.Key, program.Program!));
                }
            }

            return extra;
        }

        private List<(CelProgram Program, string Message)> UserRules(ApiList<UserValidationRule> rules, FieldPath list)
        {
            var compiled = new List<(CelProgram Program, string Message)>();
            var expressions = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < rules.Count; i++)
            {
                var (rule, path) = (rules[i], list.Index(i).Child("expression"));
                if (rule.Expression.Length == 0)
                {
                    faults.Required(path);
                }
                else if (!expressions.Add(rule.Expression))
                {
                    faults.Duplicate(path, rule.Expression);
                }
                else if (Compile(ClaimExpressions.CompileUserRule(rule.Expression), path, rule.Expression) is { } program)
                {
                    compiled.Add((program.Program!, rule.Message));
                }
            }

            return compiled;
        }

        private CelCompilation? Compile((CelCompilation Compilation, string Fault) result, FieldPath path, string text)
        {
            if (result.Fault.Length == 0)
            {
                return result.Compilation;
            }

            faults.Invalid(path, text, result.Fault);
            return null;
        }

        private static bool IsReserved(string key)
        {
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            return slash >= 0 && key[..slash] is var domain
                && (domain is "kubernetes.io" or "k8s.io" || domain.EndsWith(".kubernetes.io", StringComparison.Ordinal) || domain.EndsWith(".k8s.io", StringComparison.Ordinal));
        }
    }
}
