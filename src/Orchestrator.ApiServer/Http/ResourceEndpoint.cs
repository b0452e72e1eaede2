using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Subresources;

namespace Orchestrator.ApiServer.Http;

/// <summary>Answers requests to resources: finds what the path names, and whether it has the verb.</summary>
internal sealed class ResourceEndpoint(ApiServices services)
{
    private readonly ResourceVerbs _verbs = new(services);

    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, UserInfo user)
    {
        if (IsNoCustomPath(info))
        {
            // To upstream a group of custom resources has no paths but those of its resources.
            await Responses.WriteTextAsync(context, 404, NonResourceEndpoint.NotFoundText, context.RequestAborted);
            return;
        }

        var resource = Resolve(info);
        if (resource.Custom is not null)
        {
            CheckCustom(context, info, resource);
        }

        try
        {
            await ServeAsync(context, info, resource, user);
        }
        catch (ApiException) when (info.Warnings is { Count: > 0 } warnings && !context.Response.HasStarted)
        {
            // A request that is refused in the end was warned all the same.
            Responses.AddWarnings(context, warnings);
            throw;
        }
    }

    private async ValueTask ServeAsync(HttpContext context, RequestInfo info, ServedResource resource, UserInfo user)
    {
        var aborted = context.RequestAborted;
        // The old paths of watches are for GET; custom resources are served by the verb that the path means.
        if ((HttpMethods.IsHead(context.Request.Method) && info.Subresource != "proxy" && resource.Custom is null) || (info.Verb == "watch" && resource.Custom is null && !HttpMethods.IsGet(context.Request.Method)))
        {
            throw MethodNotAllowed();
        }

        if (info.Verb is not ("create" or "update"))
        {
            ResourceVerbs.CheckPathName(info.Name);
        }

        if (info.Subresource.Length > 0)
        {
            await SubresourceAsync(context, info, resource, user, aborted);
            return;
        }

        var ofObject = info.Verb is "get" or "update" or "patch" or "delete";
        if ((!resource.IsCustom && !resource.Info.Verbs.Contains(info.Verb)) || (ofObject && info.Name.Length == 0) || (info.Verb == "create" && info.Name.Length > 0 && !resource.IsCustom) || (resource.Info.Namespaced && info.Namespace.Length == 0 && info.Verb is not ("list" or "watch")))
        {
            throw MethodNotAllowed();
        }

        if (resource.Custom is null)
        {
            Negotiation.CheckRoute(context.Request, isList: info.Verb is "list" or "watch");
        }

        WarnOfDeprecation(context, resource);
        switch (info.Verb)
        {
            case "get":
                await _verbs.GetAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, ""), aborted);
                break;
            case "list":
                await _verbs.ListAsync(context, resource, info.Namespace, aborted);
                break;
            case "watch":
                await _verbs.WatchAsync(context, resource, info, aborted);
                break;
            case "create":
                await _verbs.CreateAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, "CreateOptions"), aborted);
                break;
            case "update":
                await _verbs.UpdateAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, "UpdateOptions"), aborted);
                break;
            case "patch":
                await _verbs.PatchAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, "PatchOptions"), aborted);
                break;
            case "delete":
                await _verbs.DeleteAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, "DeleteOptions"), aborted);
                break;
            default:
                await _verbs.DeleteCollectionAsync(context, info, ScopeFactory.Create(context, info, resource, user, services.Time, "DeleteOptions"), aborted);
                break;
        }
    }

    public static ApiException NoSuchResource() => Errors.Make(404, "NotFound", "the server could not find the requested resource", new StatusDetails());

    public static ApiException MethodNotAllowed() =>
        Errors.Make(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new StatusDetails());

    private bool IsNoCustomPath(RequestInfo info)
    {
        if (!services.Registry.IsCustomGroup(info.Group))
        {
            return false;
        }

        return services.Registry.Find(info.Group, info.Version, info.Resource) is not { } resource || info.HasExtraParts
            || (resource.Info.Namespaced ? info.Namespace.Length == 0 && info.Verb is not ("list" or "watch") : info.Namespace.Length > 0);
    }

    /// <summary>What is asked of custom resources before anything else: the verb, the subresource, and that the definition is not going away.</summary>
    private static void CheckCustom(HttpContext context, RequestInfo info, ServedResource resource)
    {
        if (resource.Custom!.Warning is { } warning)
        {
            Responses.AddWarnings(context, [warning]);
        }

        if (info.Subresource.Length > 0)
        {
            var known = resource.Info.Subresources.FirstOrDefault(s => s.Name == info.Subresource) ?? throw Errors.NotFound(resource.Group, resource.Info.Resource, info.Name);
            if (!known.Verbs.Contains(info.Verb))
            {
                throw Errors.MethodNotSupported(resource.Group, resource.Info.Resource, info.Verb);
            }

            return;
        }

        if (info.Verb is not ("get" or "list" or "watch" or "create" or "update" or "patch" or "delete" or "deletecollection"))
        {
            throw Errors.MethodNotSupported(resource.Group, resource.Info.Resource, info.Verb);
        }

        if (info.Verb is "update" or "patch" && info.Name.Length == 0)
        {
            throw Errors.BadRequest("name must be provided");
        }
    }

    private ServedResource Resolve(RequestInfo info)
    {
        var resource = services.Registry.Find(info.Group, info.Version, info.Resource);
        if (resource is null || info.HasExtraParts)
        {
            throw NoSuchResource();
        }

        info.Served = resource;
        var namespaced = resource.Info.Namespaced;
        if (namespaced ? info.Name.Length > 0 && info.Namespace.Length == 0 : info.Namespace.Length > 0 && info.Resource != "namespaces")
        {
            throw NoSuchResource();
        }

        if (info.Subresource.Length > 0 && !resource.IsCustom && !resource.Info.Subresources.Any(s => s.Name == info.Subresource))
        {
            throw NoSuchResource();
        }

        return resource;
    }

    private async ValueTask SubresourceAsync(HttpContext context, RequestInfo info, ServedResource resource, UserInfo user, CancellationToken cancellationToken)
    {
        if (info.Verb == "watch")
        {
            throw NoSuchResource();
        }

        var described = resource.Info.Subresources.First(s => s.Name == info.Subresource);
        if (!described.Verbs.Contains(info.Verb) && !(info.Subresource == "proxy" && HttpMethods.IsOptions(context.Request.Method)))
        {
            throw MethodNotAllowed();
        }

        if (resource.Custom is null && info.Subresource is not ("log" or "exec" or "attach" or "portforward" or "proxy"))
        {
            Negotiation.CheckRoute(context.Request, isList: false);
        }

        WarnOfDeprecation(context, resource);
        if (services.Subresources.TryGetValue(resource.Collection + "/" + info.Subresource, out var handler)
            || services.Subresources.TryGetValue("*/" + info.Subresource, out handler))
        {
            var kind = info.Verb switch { "create" => "CreateOptions", "update" => "UpdateOptions", "patch" => "PatchOptions", _ => "" };
            await handler.HandleAsync(context, info, ScopeFactory.Create(context, info, resource, user, services.Time, kind), cancellationToken);
            return;
        }

        switch (info.Verb)
        {
            case "get":
                await _verbs.GetAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, ""), cancellationToken);
                break;
            case "update":
                await _verbs.UpdateAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, "UpdateOptions"), cancellationToken);
                break;
            case "patch":
                await _verbs.PatchAsync(context, ScopeFactory.Create(context, info, resource, user, services.Time, "PatchOptions"), cancellationToken);
                break;
            default:
                throw MethodNotAllowed();
        }
    }

    private static void WarnOfDeprecation(HttpContext context, ServedResource resource)
    {
        if (resource.DeprecationWarning is { } warning)
        {
            Responses.AddWarnings(context, [warning]);
        }
    }
}
