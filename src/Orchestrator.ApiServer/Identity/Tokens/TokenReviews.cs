using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity.Authentication;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Identity.Tokens;

/// <summary>TokenReview and SelfSubjectReview: who a token, or the caller himself, is.</summary>
public sealed class TokenReviews
{
    private readonly RequestAuthenticator _authenticator;

    internal TokenReviews(RequestAuthenticator authenticator) => _authenticator = authenticator;

    /// <summary>Answers a TokenReview.</summary>
    /// <exception cref="ApiException">400: no token.</exception>
    public async ValueTask<TokenReview> ReviewAsync(TokenReview review, CancellationToken cancellationToken)
    {
        if (review.Spec.Token.Length == 0)
        {
            throw Errors.BadRequest("token is required for TokenReview in authentication");
        }

        IReadOnlyList<string> audiences = review.Spec.Audiences.Count > 0 ? review.Spec.Audiences : _authenticator.Audiences;
        var result = await _authenticator.AuthenticateTokenAsync(review.Spec.Token, audiences, cancellationToken);
        return review with
        {
            Kind = "TokenReview",
            ApiVersion = "authentication.k8s.io/v1",
            Metadata = new ObjectMeta { ManagedFields = review.Metadata.ManagedFields },
            Status = result.User is { } user
                ? new TokenReviewStatus { Authenticated = true, User = ToApi(user), Audiences = result.Audiences.ToApiList() }
                : new TokenReviewStatus { Error = result.Error },
        };
    }

    /// <summary>Answers a SelfSubjectReview; <paramref name="now"/> becomes its creation time.</summary>
    public static SelfSubjectReview ReviewSelf(SelfSubjectReview review, UserInfo user, DateTimeOffset now) => review with
    {
        Kind = "SelfSubjectReview",
        ApiVersion = "authentication.k8s.io/v1",
        Metadata = new ObjectMeta { CreationTimestamp = ApiTime.Truncate(now), ManagedFields = review.Metadata.ManagedFields },
        Status = new SelfSubjectReviewStatus { UserInfo = ToApi(user) },
    };

    /// <summary>A user as the API shows him; also in admission reviews.</summary>
    internal static Api.Authentication.V1.UserInfo ToApi(UserInfo user) => new()
    {
        Username = user.Name,
        Uid = user.Uid,
        Groups = user.Groups.ToApiList(),
        Extra = ApiMap<ApiList<string>>.From(user.Extra.Select(static e => KeyValuePair.Create(e.Key, e.Value.ToApiList()))),
    };
}
