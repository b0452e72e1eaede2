using Orchestrator.Api.Rbac.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Rbac;

internal sealed class RoleStrategy : ObjectStrategy<Role>
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;

    protected override void Check(Role obj, FieldErrorList errors) => RoleRules.Rules(obj.Rules, isNamespaced: true, errors);
}
