using Orchestrator.Api;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>Roles and bindings: their names may be anything that fits into a path, such as <c>system:node</c>.</summary>
internal sealed class RbacStrategy<T> : ObjectStrategy<T>
    where T : ApiObject, IResourceObject<T>, new()
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;
}
