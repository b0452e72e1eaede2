using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Health;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Http;

/// <summary>What <c>/</c> shows: the paths there are.</summary>
internal sealed class PathIndex(ResourceRegistry registry, AggregationRoutes routes, HealthEndpoint health, IReadOnlyDictionary<string, Func<HttpContext, ValueTask>> documents)
{
    private static readonly string[] Fixed = ["/api", "/api/v1", "/apis", "/apis/", "/openapi/v2", "/openapi/v3", "/openapi/v3/"];

    public static bool Serves(string path) => path is "/" or "/index.html";

    public ValueTask WriteAsync(HttpContext context)
    {
        var versions = registry.All.Select(static r => (r.Info.Group, r.Info.Version)).Concat(routes.All.Select(static v => (v.Group, v.Version))).Where(static v => v.Group.Length > 0);
        var paths = versions.SelectMany(static v => (string[])[$"/apis/{v.Group}", $"/apis/{v.Group}/{v.Version}"])
            .Concat(Fixed).Concat(health.Paths).Concat(documents.Keys)
            .Distinct().Order(StringComparer.Ordinal);
        var text = new StringBuilder("{\n  \"paths\": [\n    ").AppendJoin(",\n    ", paths.Select(GoText.Quote)).Append("\n  ]\n}");
        return Responses.WriteBytesAsync(context, 200, "application/json", System.Text.Encoding.UTF8.GetBytes(text.ToString()), context.RequestAborted);
    }
}
