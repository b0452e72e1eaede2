using Orchestrator.Api;
using Orchestrator.Api.Authorization.V1;
using Orchestrator.ApiServer.Access.Reviews;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>POST subjectaccessreviews and their kin: which question it is, the body's kind tells.</summary>
internal sealed class AccessReviewCreator(AccessReviews reviews) : IObjectCreator
{
    public async ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken) => obj switch
    {
        SubjectAccessReview review => await reviews.ReviewAsync(review, cancellationToken),
        LocalSubjectAccessReview review => await reviews.ReviewAsync(review, scope.Namespace, cancellationToken),
        SelfSubjectAccessReview review => await reviews.ReviewAsync(review, scope.User, cancellationToken),
        SelfSubjectRulesReview review => reviews.Review(review, scope.User),
        _ => throw new InvalidOperationException($"{obj.Kind} is no access review"),
    };
}
