using Orchestrator.Api;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>A kind that has no rules but those of its metadata, and whose names may be anything that fits into a path.</summary>
internal sealed class PathNameStrategy<T> : ObjectStrategy<T>
    where T : ApiObject, IResourceObject<T>, new()
{
    protected override Func<string, IReadOnlyList<string>> NameFormat => Formats.PathSegment;
}
