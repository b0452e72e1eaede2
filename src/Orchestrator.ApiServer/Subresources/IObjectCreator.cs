using Orchestrator.Api;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>Answers a POST that stores nothing of its own: reviews, bindings, evictions, token requests.</summary>
internal interface IObjectCreator
{
    ValueTask<ApiStruct> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken);
}
