using Microsoft.AspNetCore.Http;
using Orchestrator.Agent.Pods;
using Orchestrator.Api.Json;

namespace Orchestrator.Agent.Http;

/// <summary>The pods of this node as it sees them.</summary>
internal sealed class PodsEndpoint(PodManager manager)
{
    public async Task ServeAsync(HttpContext context)
    {
        var list = new PodList
        {
            Kind = "PodList",
            ApiVersion = "v1",
            Items = [.. manager.Workers.Select(w => w.Pod with { Status = w.Status })],
        };
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(ApiJson.WriteToArray(list), context.RequestAborted);
    }
}
