using Orchestrator.Api;
using Orchestrator.Api.Authentication.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity.Tokens;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>POST serviceaccounts/NAME/token.</summary>
internal sealed class TokenRequestCreator(TokenRequests tokens) : IObjectCreator
{
    public ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken) =>
        new(tokens.Create(scope.Namespace, scope.Name, (TokenRequest)obj));
}

/// <summary>POST tokenreviews.</summary>
internal sealed class TokenReviewCreator(TokenReviews reviews) : IObjectCreator
{
    public async ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken) =>
        await reviews.ReviewAsync((TokenReview)obj, cancellationToken);
}

/// <summary>POST selfsubjectreviews.</summary>
internal sealed class SelfSubjectReviewCreator : IObjectCreator
{
    public ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken) =>
        new(TokenReviews.ReviewSelf((SelfSubjectReview)obj, scope.User, scope.Time.GetUtcNow()));
}
