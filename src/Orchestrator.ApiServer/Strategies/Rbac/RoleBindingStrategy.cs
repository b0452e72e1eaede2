using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Rbac;

internal sealed class RoleBindingStrategy : ObjectStrategy<RoleBinding>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override void Check(RoleBinding obj, FieldErrorList errors)
    {
        RoleRules.Reference(obj.RoleRef, isCluster: false, errors);
        RoleRules.Subjects(obj.Subjects, isCluster: false, errors);
    }

    protected override void CheckUpdate(RoleBinding obj, RoleBinding old, FieldErrorList errors)
    {
        Check(obj, errors);
        RoleRules.SameReference(obj.RoleRef, old.RoleRef, errors);
    }
}
