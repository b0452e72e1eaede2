using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Identity.Tokens;

namespace Orchestrator.ApiServer.Identity;

/// <summary>What the server needs to know who is who, put together over the cluster's keys and objects.</summary>
public sealed class IdentityServices
{
    private readonly IReadOnlyList<ITokenAuthenticator> _before;
    private readonly IReadOnlyList<ITokenAuthenticator> _after;
    private readonly IReadOnlyList<string> _audiences;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;

    /// <exception cref="FormatException">The static token file cannot be read.</exception>
    public IdentityServices(ClusterPki pki, IObjectLister objects, IdentityOptions options, TimeProvider time, ILoggerFactory? loggers = null)
    {
        Pki = pki;
        _audiences = options.ServiceAccountTokens.Audiences;
        _time = time;
        _loggers = loggers ?? NullLoggerFactory.Instance;
        var keys = pki.ServiceAccountKeys;
        var tokens = new List<ITokenAuthenticator>();
        if (options.StaticTokenFile is { } file)
        {
            tokens.Add(new OwnAudiences(StaticTokenAuthenticator.Read(file), _audiences));
        }

        tokens.Add(new ServiceAccountTokenAuthenticator(keys, options.ServiceAccountTokens, objects, time));
        tokens.Add(new OwnAudiences(new BootstrapTokenAuthenticator(objects, time), _audiences));
        _before = tokens;

        // Last, so that nobody's own tokens are sent anywhere else.
        _after = options.TokenWebhook is { } webhook ? [new WebhookTokenAuthenticator(webhook, options.ServiceAccountTokens.Audiences, time, _loggers.CreateLogger<WebhookTokenAuthenticator>())] : [];
        Authenticator = new RequestAuthenticator(
            new CertificateAuthenticator(pki.ClientAuthorities, time),
            Tokens(options.Oidc),
            options.ServiceAccountTokens.Audiences,
            options.Anonymous,
            new RequestHeaderAuthenticator(options.RequestHeaders, pki.FrontProxyAuthorities, time));
        Issuer = new ServiceAccountTokenIssuer(keys, options.ServiceAccountTokens, time);
        TokenRequests = new TokenRequests(Issuer, objects, options.ServiceAccountTokens, time);
        TokenReviews = new TokenReviews(Authenticator);
        Signer = new RequestSigner(pki, time);
        ServiceAccountTokens = options.ServiceAccountTokens;
    }

    public ClusterPki Pki { get; }

    public RequestAuthenticator Authenticator { get; }

    /// <summary>POST serviceaccounts/NAME/token.</summary>
    public TokenRequests TokenRequests { get; }

    /// <summary>POST tokenreviews.</summary>
    public TokenReviews TokenReviews { get; }

    /// <summary>Signs approved certificate requests.</summary>
    public RequestSigner Signer { get; }

    public ServiceAccountTokenOptions ServiceAccountTokens { get; }

    internal ServiceAccountTokenIssuer Issuer { get; }

    /// <summary>Users of other OpenID Connect providers come in from now on. What the former knew is left to those who are asking it.</summary>
    internal void Replace(IReadOnlyList<OidcOptions> issuers) => Authenticator.Replace(Tokens(issuers));

    private IReadOnlyList<ITokenAuthenticator> Tokens(IReadOnlyList<OidcOptions> issuers) =>
        [.. _before, .. issuers.Select(o => new OwnAudiences(new OidcAuthenticator(o, _time, _loggers.CreateLogger<OidcAuthenticator>()), _audiences)), .. _after];

    /// <summary>The token that a Secret of type kubernetes.io/service-account-token holds.</summary>
    public string IssueSecretToken(Api.Core.V1.ServiceAccount account, string secretName) => Issuer.IssueForSecret(account, secretName);
}
