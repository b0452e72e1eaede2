using Orchestrator.Api.ApiRegistration.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Cluster;

internal sealed class APIServiceStatusStrategy() : StatusStrategy<APIService>(StatusMetadata.All)
{
    protected override void Check(APIService obj, APIService old, FieldErrorList errors)
    {
        for (var i = 0; i < obj.Status.Conditions.Count; i++)
        {
            errors.OneOf(FieldPath.Status.Child("conditions").Index(i), "status", obj.Status.Conditions[i].Status, "True", "False", "Unknown");
        }
    }
}
