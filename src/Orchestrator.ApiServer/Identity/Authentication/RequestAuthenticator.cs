using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Finds out who makes a request: by what a known proxy says, by client certificate, then by bearer token; without credentials he is anonymous.</summary>
public sealed class RequestAuthenticator
{
    private const string BearerPrefix = "Bearer ";
    private const string WebSocketBearer = "base64url.bearer.authorization.k8s.io.";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly RequestHeaderAuthenticator? _proxies;
    private readonly CertificateAuthenticator _certificates;
    private volatile IReadOnlyList<ITokenAuthenticator> _tokens;
    private readonly IReadOnlyList<string> _audiences;
    private readonly AnonymousOptions _anonymous;

    internal RequestAuthenticator(
        CertificateAuthenticator certificates,
        IReadOnlyList<ITokenAuthenticator> tokens,
        IReadOnlyList<string> audiences,
        AnonymousOptions? anonymous = null,
        RequestHeaderAuthenticator? proxies = null)
    {
        _proxies = proxies;
        _anonymous = anonymous ?? new AnonymousOptions();
        _certificates = certificates;
        _tokens = tokens;
        _audiences = audiences;
    }

    /// <summary>The audiences of this server.</summary>
    public IReadOnlyList<string> Audiences => _audiences;

    /// <summary>Recognises other tokens from now on.</summary>
    internal void Replace(IReadOnlyList<ITokenAuthenticator> tokens) => _tokens = tokens;

    /// <summary>Who makes the request.</summary>
    /// <exception cref="ApiException">401: credentials were given and are not good.</exception>
    public ValueTask<UserInfo> AuthenticateAsync(in RequestCredentials credentials, CancellationToken cancellationToken)
    {
        var refused = false;
        if (credentials.Certificate is { } certificate)
        {
            if (_proxies is not null && _proxies.IsSpokenFor(credentials.Headers) && _proxies.Authenticate(certificate, credentials.Headers).User is { } other)
            {
                return new(other);
            }

            var result = _certificates.Authenticate(certificate);
            if (result.User is { } user)
            {
                return new(user);
            }

            refused = result.Errors.Count > 0 || _proxies?.Authenticate(certificate, credentials.Headers).Errors.Count > 0;
        }

        var token = TokenOf(credentials.Headers);
        string? protocol = null;
        if (credentials.Headers.SecWebSocketProtocol.Count > 0 && !TryProtocolToken(credentials.Headers, out protocol))
        {
            (refused, protocol) = (true, null);
        }

        return token is not null || protocol is not null ? ByTokenAsync(token, protocol, cancellationToken)
            : refused || !_anonymous.Admits(credentials.Path) ? throw Errors.Unauthorized()
            : new(UserInfo.Anonymous);
    }

    /// <summary>Who a bearer token stands for, among the given audiences; for TokenReview.</summary>
    public async ValueTask<AuthenticationResult> AuthenticateTokenAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        List<string>? errors = null;
        foreach (var authenticator in _tokens)
        {
            var result = await authenticator.AuthenticateAsync(token, audiences, cancellationToken);
            if (result.User is not null)
            {
                return result;
            }

            if (result.Errors.Count > 0)
            {
                (errors ??= ["invalid bearer token"]).AddRange(result.Errors);
            }
        }

        return new AuthenticationResult { Errors = errors ?? ["invalid bearer token"] };
    }

    private async ValueTask<UserInfo> ByTokenAsync(string? token, string? protocol, CancellationToken cancellationToken)
    {
        var user = token is null ? null : (await AuthenticateTokenAsync(token, _audiences, cancellationToken)).User;
        if (user is null && protocol is not null)
        {
            user = (await AuthenticateTokenAsync(protocol, _audiences, cancellationToken)).User;
        }

        return user ?? throw Errors.Unauthorized();
    }

    /// <summary>What is told to a client whose bearer token counts as none since spaces are before it; null for others.</summary>
    public static string? WarningOf(IHeaderDictionary headers) =>
        headers.Authorization is [{ Length: > 7 } authorization, ..] && authorization.AsSpan().Trim().StartsWith(BearerPrefix + " ", StringComparison.OrdinalIgnoreCase)
            ? "the provided Authorization header contains extra space before the bearer token, and is ignored"
            : null;

    /// <summary>The token of the Authorization header.</summary>
    private static string? TokenOf(IHeaderDictionary headers)
    {
        if (headers.Authorization is not [{ Length: > 7 } authorization, ..])
        {
            return null;
        }

        var given = authorization.AsSpan().Trim();
        if (!given.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // What follows the token's end is passed over.
        var token = given[BearerPrefix.Length..];
        var end = token.IndexOf(' ');
        token = end < 0 ? token : token[..end];
        return token.Length > 0 ? token.ToString() : null;
    }

    /// <summary>The token among the protocols of a browser's WebSocket, which can name nothing else; false if they are wrong.</summary>
    private static bool TryProtocolToken(IHeaderDictionary headers, out string? token)
    {
        token = null;
        if (!IsWebSocket(headers))
        {
            return true;
        }

        var others = false;
        foreach (var header in headers.SecWebSocketProtocol)
        {
            foreach (var protocol in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (!protocol.StartsWith(WebSocketBearer, StringComparison.Ordinal))
                {
                    others = true;
                    continue;
                }

                if (token is not null)
                {
                    return false;
                }

                try
                {
                    token = Strict.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(protocol.AsSpan(WebSocketBearer.Length)));
                }
                catch (Exception wrong) when (wrong is FormatException or DecoderFallbackException)
                {
                    return false;
                }

                // Padding is not part of it.
                if (protocol.EndsWith('='))
                {
                    return false;
                }
            }
        }

        if (token is { Length: > 0 })
        {
            // One must be left to be answered.
            return others;
        }

        token = null;
        return true;
    }

    private static bool IsWebSocket(IHeaderDictionary headers) =>
        string.Equals(headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase) && headers.Connection.ToString().Contains("upgrade", StringComparison.OrdinalIgnoreCase);
}
