using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Identity.Tokens;
using Orchestrator.Cel;
using Orchestrator.Cel.Evaluation;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Recognises users by the ID tokens of an OpenID Connect provider. Its keys are fetched when first needed, and again when a token names an unknown one.</summary>
internal sealed partial class OidcAuthenticator : ITokenAuthenticator, IDisposable
{
    /// <summary>Tokens with invented key ids must not make us ask the provider each time.</summary>
    private static readonly TimeSpan FetchInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Clocks differ; a token may be used so long before it says so.</summary>
    private static readonly TimeSpan NotBeforeLeeway = TimeSpan.FromMinutes(1);

    private static readonly ClaimExpressions NoExpressions = new();

    private readonly OidcOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<OidcAuthenticator> _logger;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile JsonWebKey[] _keys = [];
    private DateTimeOffset _fetched = DateTimeOffset.MinValue;

    public OidcAuthenticator(OidcOptions options, TimeProvider time, ILogger<OidcAuthenticator> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        var tls = new SslClientAuthenticationOptions();
        if (options.AuthorityPem is { } pem)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(pem);
            tls.CertificateChainPolicy = policy;
        }

        _http = new HttpClient(new SocketsHttpHandler { SslOptions = tls, UseProxy = false }) { Timeout = FetchTimeout, MaxResponseContentBufferSize = 1024 * 1024 };
    }

    public void Dispose()
    {
        _http.Dispose();
        _fetching.Dispose();
    }

    public async ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        if (JsonWebToken.TryParse(token) is not { } parsed || parsed.Issuer != _options.IssuerUrl)
        {
            return AuthenticationResult.None;
        }

        var now = _time.GetUtcNow();
        var expires = parsed.Time("exp");
        if (expires is null || expires <= now)
        {
            return Refused($"verify token: oidc: token is expired (Token Expiry: {GoTime(expires)})");
        }

        if (parsed.Time("nbf") is { } notBefore && notBefore > now + NotBeforeLeeway)
        {
            return Refused($"verify token: oidc: current time {GoTime(now)} before the nbf (not before) time: {GoTime(notBefore)}");
        }

        if (_options.SigningAlgorithms is { Count: > 0 } algorithms && !algorithms.Contains(parsed.Algorithm))
        {
            var expected = string.Join(' ', algorithms.Select(static a => $"\"{a}\""));
            return Refused($"verify token: oidc: id token signed with unsupported algorithm, expected [{expected}] got \"{parsed.Algorithm}\"");
        }

        if (!parsed.IsSignedByNamed(_keys))
        {
            await FetchKeysAsync(cancellationToken);
            if (!parsed.IsSignedByNamed(_keys))
            {
                return Refused(_keys.Length == 0 ? "authenticator not initialized" : "verify token: failed to verify signature: failed to verify id token signature");
            }
        }

        IReadOnlyList<string> clients = _options.Audiences.Count > 0 ? _options.Audiences : [_options.ClientId];
        return parsed.Audiences.Any(clients.Contains)
            ? Judge(parsed, audiences)
            : Refused($"verify token: oidc: expected audience in {GoTexts(clients.Order(StringComparer.Ordinal))} got {GoTexts(parsed.Audiences)}");
    }

    /// <summary>Who the claims say the user is, and then whether they may say so.</summary>
    private AuthenticationResult Judge(JsonWebToken token, IReadOnlyList<string> audiences)
    {
        var expressions = _options.Expressions ?? NoExpressions;
        var claims = ClaimExpressions.Variables(token.Claims);
        string? fault;
        if ((expressions.Username is { } username ? ByExpression(username, claims, out fault) : Name(token, out fault)) is not { } name)
        {
            return Refused(fault!);
        }

        var groups = GroupsOf(token, expressions, claims, out fault);
        if (fault is not null)
        {
            return Refused(fault);
        }

        if (UidOf(token, expressions, claims, out fault) is not { } uid)
        {
            return Refused(fault!);
        }

        var extra = new Dictionary<string, IReadOnlyList<string>>();
        if (token.Text("jti") is { Length: > 0 } id)
        {
            extra[Groups.CredentialId] = ["JTI=" + id];
        }

        foreach (var (key, value) in expressions.Extra)
        {
            var texts = ClaimExpressions.Texts(value, claims, out fault);
            if (fault is not null)
            {
                return fault.StartsWith("expression '", StringComparison.Ordinal)
                    ? AuthenticationResult.Refused(fault)
                    : Refused($"error evaluating extra claim expression: {value.Source}: {fault}");
            }

            if (texts.Count > 0)
            {
                extra[key] = texts;
            }
        }

        if (RefuseRequired(token) is { } missing)
        {
            return Refused(missing);
        }

        var user = new UserInfo { Name = name, Uid = uid, Groups = groups, Extra = extra };
        return (expressions.RefuseClaims(claims) ?? expressions.RefuseUser(user)) is { } refusal
            ? AuthenticationResult.Refused(refusal)
            : AuthenticationResult.Recognised(user with { Groups = Identity.Groups.WithAuthenticated(name, groups) }, audiences);
    }

    private static AuthenticationResult Refused(string why) => AuthenticationResult.Refused("oidc: " + why);

    private static string? ByExpression(CelProgram username, CelVariables claims, out string? fault)
    {
        var name = ClaimExpressions.Text(username, claims, "username", out fault);
        fault = fault is not null ? "error evaluating username claim expression: " + fault : name!.Length > 0 ? null : "empty username via CEL expression is not allowed";
        return fault is null ? name : null;
    }

    /// <summary>The name that a claim gives; null, and why.</summary>
    private string? Name(JsonWebToken token, out string? fault)
    {
        fault = null;
        if (ClaimText(token, _options.UsernameClaim, out var why) is not { } name)
        {
            fault = $"parse username claims {GoText.Quote(_options.UsernameClaim)}: {why}";
            return null;
        }

        // An address that the provider has not verified is whatever the user typed.
        if (_options.UsernameClaim == "email" && token.Claims.TryGetProperty("email_verified", out var verified) && verified.ValueKind != JsonValueKind.True)
        {
            fault = verified.ValueKind is JsonValueKind.False or JsonValueKind.Null
                ? "email not verified"
                : $"parse 'email_verified' claim: json: cannot unmarshal {GoKind(verified)} into Go value of type bool";
            return null;
        }

        return (_options.UsernamePrefix ?? (_options.UsernameClaim == "email" ? "" : _options.IssuerUrl + "#")) + name;
    }

    private IReadOnlyList<string> GroupsOf(JsonWebToken token, ClaimExpressions expressions, CelVariables claims, out string? fault)
    {
        fault = null;
        if (_options.GroupsClaim.Length > 0 && token.Claims.TryGetProperty(_options.GroupsClaim, out var value))
        {
            // One group may stand there as a text.
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)
                && (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(static v => v.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))))
            {
                fault = $"parse groups claim {GoText.Quote(_options.GroupsClaim)}: json: cannot unmarshal "
                    + (value.ValueKind == JsonValueKind.Array
                        ? $"{GoKind(value.EnumerateArray().First(static v => v.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)))} into Go value of type string"
                        : $"{GoKind(value)} into Go value of type string");
                return [];
            }

            return value.ValueKind == JsonValueKind.Array
                ? value.EnumerateArray().Select(g => _options.GroupsPrefix + g.GetString()).ToArray()
                : [.. token.Texts(_options.GroupsClaim).Select(g => _options.GroupsPrefix + g)];
        }

        if (expressions.Groups is not { } program)
        {
            return [];
        }

        var groups = ClaimExpressions.Texts(program, claims, out fault);
        fault = fault is null ? null : "error evaluating group claim expression: " + fault;
        return groups;
    }

    private string? UidOf(JsonWebToken token, ClaimExpressions expressions, CelVariables claims, out string? fault)
    {
        fault = null;
        if (_options.UidClaim.Length > 0)
        {
            var uid = ClaimText(token, _options.UidClaim, out var why);
            fault = uid is null ? $"parse uid claim {GoText.Quote(_options.UidClaim)}: {why}" : null;
            return uid;
        }

        if (expressions.Uid is not { } program)
        {
            return "";
        }

        var text = ClaimExpressions.Text(program, claims, "uid", out fault);
        fault = fault is null ? null : "error evaluating uid claim expression: " + fault;
        return text;
    }

    private string? RefuseRequired(JsonWebToken token)
    {
        foreach (var (claim, value) in _options.RequiredClaims)
        {
            if (!token.Claims.TryGetProperty(claim, out _))
            {
                return $"required claim {claim} not present in ID token";
            }

            if (ClaimText(token, claim, out var why) is not { } given)
            {
                return $"parse claim {claim}: {why}";
            }

            if (given != value)
            {
                return $"required claim {claim} value does not match. Got = {given}, want = {value}";
            }
        }

        return null;
    }

    /// <summary>A claim that must be a text; null, and why, if it is none.</summary>
    private static string? ClaimText(JsonWebToken token, string claim, out string? fault)
    {
        fault = null;
        if (!token.Claims.TryGetProperty(claim, out var value))
        {
            fault = "claim not present";
            return null;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return value.GetString();
            case JsonValueKind.Null:
                return "";
            default:
                fault = $"json: cannot unmarshal {GoKind(value)} into Go value of type string";
                return null;
        }
    }

    private static string GoKind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    private static string GoTexts(IEnumerable<string> texts) => "[" + string.Join(' ', texts.Select(GoText.Quote)) + "]";

    private static string GoTime(DateTimeOffset? time) =>
        time is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF '+0000 UTC'", CultureInfo.InvariantCulture).Replace(". ", " ", StringComparison.Ordinal) : "0001-01-01 00:00:00 +0000 UTC";

    private async Task FetchKeysAsync(CancellationToken cancellationToken)
    {
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            if (_time.GetUtcNow() - _fetched < FetchInterval)
            {
                return;
            }

            _fetched = _time.GetUtcNow();
            var discovery = await GetAsync(_options.DiscoveryUrl ?? _options.IssuerUrl.TrimEnd('/') + "/.well-known/openid-configuration", cancellationToken);
            if (discovery["issuer"]?.GetValue<string>() != _options.IssuerUrl)
            {
                throw new InvalidOperationException($"the provider says that it is {discovery["issuer"]}, not {_options.IssuerUrl}");
            }

            var set = await GetAsync(discovery["jwks_uri"]?.GetValue<string>() ?? throw new InvalidOperationException("the provider names no jwks_uri"), cancellationToken);
            _keys = (set["keys"] as JsonArray ?? []).OfType<JsonObject>().Select(JsonWebKey.FromJson).OfType<JsonWebKey>().ToArray();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or FormatException or CryptographicException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The keys of before stay good; a provider that is down must not lock out those whom it let in.
            LogFetchFailed(e, _options.IssuerUrl);
        }
        finally
        {
            _fetching.Release();
        }
    }

    private async Task<JsonObject> GetAsync(string url, CancellationToken cancellationToken) =>
        JsonNode.Parse(await _http.GetByteArrayAsync(new Uri(url), cancellationToken)) as JsonObject ?? throw new InvalidOperationException($"{url} is no JSON object");

    [LoggerMessage(3003, LogLevel.Warning, "The keys of {Issuer} could not be fetched; tokens signed with unknown keys are refused")]
    private partial void LogFetchFailed(Exception exception, string issuer);
}
