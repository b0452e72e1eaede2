using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Identity.Tokens;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Recognises users by the ID tokens of an OpenID Connect provider. Its keys are fetched when first needed, and again when a token names an unknown one.</summary>
internal sealed partial class OidcAuthenticator : ITokenAuthenticator, IDisposable
{
    /// <summary>Tokens with invented key ids must not make us ask the provider each time.</summary>
    private static readonly TimeSpan FetchInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

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

        if (_options.SigningAlgorithms is { Count: > 0 } algorithms && !algorithms.Contains(parsed.Algorithm))
        {
            var expected = string.Join(' ', algorithms.Select(static a => $"\"{a}\""));
            return AuthenticationResult.Refused($"oidc: verify token: oidc: id token signed with unsupported algorithm, expected [{expected}] got \"{parsed.Algorithm}\"");
        }

        if (!parsed.IsSignedBy(_keys))
        {
            await FetchKeysAsync(cancellationToken);
            if (!parsed.IsSignedBy(_keys))
            {
                return AuthenticationResult.Refused("oidc: verify token: failed to verify signature: failed to verify id token signature");
            }
        }

        return Judge(parsed, audiences);
    }

    private AuthenticationResult Judge(JsonWebToken token, IReadOnlyList<string> audiences)
    {
        var now = _time.GetUtcNow();
        if (token.Time("exp") is not { } expires || expires <= now)
        {
            return AuthenticationResult.Refused("oidc: verify token: oidc: token is expired");
        }

        if (token.Time("nbf") is { } notBefore && notBefore > now + TimeSpan.FromMinutes(5))
        {
            return AuthenticationResult.Refused("oidc: verify token: oidc: current time is before the nbf (not before) time");
        }

        if (_options.Audiences.Count > 0 ? !token.Audiences.Any(_options.Audiences.Contains) : !token.Audiences.Contains(_options.ClientId))
        {
            return AuthenticationResult.Refused($"oidc: verify token: oidc: expected audience \"{_options.ClientId}\" got {JsonSerializer.Serialize(token.Audiences)}");
        }

        foreach (var (claim, value) in _options.RequiredClaims)
        {
            if (token.Text(claim) != value)
            {
                return AuthenticationResult.Refused($"oidc: required claim {claim} not present in ID token, or not {value}");
            }
        }

        return _options.Expressions is { } expressions ? Judge(token, expressions, audiences) : ByClaims(token, audiences);
    }

    private AuthenticationResult Judge(JsonWebToken token, ClaimExpressions expressions, IReadOnlyList<string> audiences)
    {
        var claims = ClaimExpressions.Variables(token.Claims);
        if (expressions.RefuseClaims(claims) is { } refusal)
        {
            return AuthenticationResult.Refused(refusal);
        }

        string? fault = null;
        var name = expressions.Username is { } username ? ClaimExpressions.Text(username, claims, out fault) : Name(token, out fault);
        if (string.IsNullOrEmpty(name))
        {
            return AuthenticationResult.Refused($"oidc: error evaluating username claim expression: {fault ?? "empty username via CEL expression is not allowed"}");
        }

        var groups = expressions.Groups is { } program ? ClaimExpressions.Texts(program, claims, out fault) : GroupsOf(token);
        if (fault is not null)
        {
            return AuthenticationResult.Refused($"oidc: error evaluating group claim expression: {fault}");
        }

        var uid = expressions.Uid is { } id ? ClaimExpressions.Text(id, claims, out fault) ?? "" : UidOf(token);
        if (fault is not null)
        {
            return AuthenticationResult.Refused($"oidc: error evaluating uid claim expression: {fault}");
        }

        var extra = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (key, value) in expressions.Extra)
        {
            var texts = ClaimExpressions.Texts(value, claims, out fault);
            if (fault is not null)
            {
                return AuthenticationResult.Refused($"oidc: error evaluating extra claim expression: {fault}");
            }

            if (texts.Count > 0)
            {
                extra[key] = texts;
            }
        }

        var user = new UserInfo { Name = name, Uid = uid, Groups = groups, Extra = extra };
        return expressions.RefuseUser(user) is { } invalid
            ? AuthenticationResult.Refused(invalid)
            : AuthenticationResult.Recognised(user with { Groups = [.. groups, Identity.Groups.Authenticated] }, audiences);
    }

    private AuthenticationResult ByClaims(JsonWebToken token, IReadOnlyList<string> audiences) => Name(token, out var fault) is { } name
        ? AuthenticationResult.Recognised(new UserInfo { Name = name, Uid = UidOf(token), Groups = [.. GroupsOf(token), Groups.Authenticated] }, audiences)
        : AuthenticationResult.Refused(fault!);

    /// <summary>The name that a claim gives; null, and why.</summary>
    private string? Name(JsonWebToken token, out string? fault)
    {
        fault = null;
        var name = token.Text(_options.UsernameClaim);
        if (name.Length == 0)
        {
            fault = $"oidc: parse username claims \"{_options.UsernameClaim}\": claim not present";
            return null;
        }

        // An address that the provider has not verified is whatever the user typed.
        if (_options.UsernameClaim == "email" && token.Claims.TryGetProperty("email_verified", out var verified) && verified.ValueKind != JsonValueKind.True)
        {
            fault = "oidc: email not verified";
            return null;
        }

        return (_options.UsernamePrefix ?? (_options.UsernameClaim == "email" ? "" : _options.IssuerUrl + "#")) + name;
    }

    private string[] GroupsOf(JsonWebToken token) => _options.GroupsClaim.Length == 0 ? [] : [.. token.Texts(_options.GroupsClaim).Select(g => _options.GroupsPrefix + g)];

    private string UidOf(JsonWebToken token) => _options.UidClaim.Length > 0 ? token.Text(_options.UidClaim) : "";

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
