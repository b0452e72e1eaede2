using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>Answers a subresource that is more than a view of its object: scale, binding, eviction, token, log, exec.</summary>
internal interface ISubresourceHandler
{
    ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken);
}
