using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Access.Webhooks;

namespace Orchestrator.ApiServer.Identity.Authentication;

/// <summary>Asks a server by TokenReview whose a token is, and remembers its answers for a while. Tokens are remembered by their hash only.</summary>
internal sealed partial class WebhookTokenAuthenticator(WebhookTokenOptions options, IReadOnlyList<string> ownAudiences, TimeProvider time, ILogger<WebhookTokenAuthenticator> logger) : ITokenAuthenticator, IDisposable
{
    private const int RememberedMax = 8192;
    private readonly ReviewClient _client = new(options.KubeconfigFile, TimeSpan.FromSeconds(30), time);
    private readonly ConcurrentDictionary<string, (AuthenticationResult Result, DateTimeOffset Until)> _remembered = new(StringComparer.Ordinal);

    public async ValueTask<AuthenticationResult> AuthenticateAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', audiences.Prepend(token)))));
        if (_remembered.TryGetValue(key, out var known) && known.Until > time.GetUtcNow())
        {
            return known.Result;
        }

        TokenReviewStatus status;
        try
        {
            var review = new TokenReview
            {
                ApiVersion = "authentication.k8s.io/" + options.Version, Kind = "TokenReview", Spec = new TokenReviewSpec { Token = token, Audiences = audiences.ToApiList() },
            };
            status = ReviewClient.Read<TokenReview>(await _client.PostAsync(ApiJson.WriteToArray(review), cancellationToken), review.ApiVersion, "TokenReview").Status;
        }
        catch (HttpRequestException failure)
        {
            LogFailed(failure.Message);
            return AuthenticationResult.Refused(failure.Message);
        }

        var result = Judge(status, audiences);
        if (result.Errors.Count > 0 || options.CacheTtl <= TimeSpan.Zero)
        {
            // What went wrong may go well the next time.
            return result;
        }

        if (_remembered.Count >= RememberedMax)
        {
            _remembered.Clear();
        }

        _remembered[key] = (result, time.GetUtcNow() + options.CacheTtl);
        return result;
    }

    public void Dispose() => _client.Dispose();

    private AuthenticationResult Judge(TokenReviewStatus status, IReadOnlyList<string> audiences)
    {
        // A webhook that knows nothing of audiences answers none: then the token is good for this server's own.
        var good = audiences.Where(a => status.Audiences.Count == 0 ? ownAudiences.Contains(a) : status.Audiences.Contains(a)).ToArray();
        if (good.Length == 0)
        {
            return AuthenticationResult.None;
        }

        if (!status.Authenticated)
        {
            return status.Error.Length > 0 ? AuthenticationResult.Refused(status.Error) : AuthenticationResult.None;
        }

        var user = status.User;
        return AuthenticationResult.Recognised(
            new UserInfo
            {
                Name = user.Username,
                Uid = user.Uid,
                Groups = Groups.WithAuthenticated(user.Username, user.Groups),
                Extra = user.Extra.ToDictionary(static e => e.Key, static e => (IReadOnlyList<string>)e.Value.ToArray()),
            },
            good);
    }

    [LoggerMessage(3004, LogLevel.Error, "The token webhook failed: {Reason}")]
    private partial void LogFailed(string reason);
}
