using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Rbac;

internal sealed class ClusterRoleStrategy : ObjectStrategy<ClusterRole>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override void Check(ClusterRole obj, FieldErrorList errors)
    {
        RoleRules.Rules(obj.Rules, isNamespaced: false, errors);
        if (obj.AggregationRule is not { } aggregation)
        {
            return;
        }

        var path = FieldPath.Root("aggregationRule").Child("clusterRoleSelectors");
        if (aggregation.ClusterRoleSelectors.Count == 0)
        {
            errors.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }

        for (var i = 0; i < aggregation.ClusterRoleSelectors.Count; i++)
        {
            var selector = aggregation.ClusterRoleSelectors[i];
            SelectorValidator.Validate(selector, path.Index(i), errors);
            if (!Selectors.IsConvertible(selector))
            {
                errors.Invalid(path.Index(i), null, "invalid label selector.");
            }
        }
    }
}
