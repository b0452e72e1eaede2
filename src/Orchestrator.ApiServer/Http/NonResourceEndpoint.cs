using Microsoft.AspNetCore.Http;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Discovery;
using Orchestrator.ApiServer.Health;
using Orchestrator.ApiServer.OpenApi;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Http;

/// <summary>Paths outside of resources: health, version, discovery, OpenAPI, metrics, keys of service account tokens.</summary>
internal sealed class NonResourceEndpoint(
    ResourceRegistry registry, AggregationRoutes routes, DiscoveryEndpoint discovery, OpenApiEndpoint openApi, HealthEndpoint health, PathIndex index, IReadOnlyDictionary<string, Func<HttpContext, ValueTask>> documents)
{
    internal const string NotFoundText = "404 page not found\n";

    /// <summary>What anybody may ask without saying who he is: the whole of the health checks, not single ones.</summary>
    public bool IsPublic(string path) => path is "/healthz" or "/livez" or "/readyz" or "/version" or "/version/";

    public bool ServesGroupVersion(RequestInfo info) => registry.HasGroupVersion(info.Group, info.Version);

    /// <summary>A known group answers with a Status; an unknown one as if there were no such page at all.</summary>
    public ValueTask UnknownGroupVersionAsync(HttpContext context, RequestInfo info) => registry.HasGroup(info.Group) && !registry.IsCustomGroup(info.Group)
        ? throw ResourceEndpoint.NoSuchResource()
        : Responses.WriteTextAsync(context, 404, NotFoundText, context.RequestAborted);

    public async ValueTask HandleAsync(HttpContext context, RequestInfo info)
    {
        var path = info.Path.Length > 1 ? info.Path.TrimEnd('/') : info.Path;
        if (health.Serves(info.Path))
        {
            await health.HandleAsync(context, info.Path);
            return;
        }

        if (documents.TryGetValue(path, out var document))
        {
            RequireGet(context);
            await document(context);
            return;
        }

        if (PathIndex.Serves(path))
        {
            RequireGet(context);
            await index.WriteAsync(context);
            return;
        }

        if (path == "/api" || path == "/apis" || path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/apis/", StringComparison.Ordinal))
        {
            var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            var group = parts[0] == "api" ? "" : parts.Length > 1 ? parts[1] : "";
            if (parts.Length > 1 && !registry.HasGroup(group) && !routes.HasGroup(group))
            {
                await Responses.WriteTextAsync(context, 404, NotFoundText, context.RequestAborted);
                return;
            }

            RequireGet(context);
            await discovery.HandleAsync(context, parts);
            return;
        }

        if (path.StartsWith("/openapi/", StringComparison.Ordinal) && await openApi.TryHandleAsync(context, path))
        {
            return;
        }

        await Responses.WriteTextAsync(context, 404, NotFoundText, context.RequestAborted);
    }

    private static void RequireGet(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            throw ResourceEndpoint.MethodNotAllowed();
        }
    }
}
