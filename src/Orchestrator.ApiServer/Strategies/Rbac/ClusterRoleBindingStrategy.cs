using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Rbac;

internal sealed class ClusterRoleBindingStrategy : ObjectStrategy<ClusterRoleBinding>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override void Check(ClusterRoleBinding obj, FieldErrorList errors)
    {
        RoleRules.Reference(obj.RoleRef, isCluster: true, errors);
        RoleRules.Subjects(obj.Subjects, isCluster: true, errors);
    }

    protected override void CheckUpdate(ClusterRoleBinding obj, ClusterRoleBinding old, FieldErrorList errors)
    {
        Check(obj, errors);
        RoleRules.SameReference(obj.RoleRef, old.RoleRef, errors);
    }
}
