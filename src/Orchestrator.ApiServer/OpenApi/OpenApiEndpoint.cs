using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>/openapi/v2 and /openapi/v3: made from the tables when first asked for, kept until the set of resources changes.</summary>
internal sealed class OpenApiEndpoint
{
    /// <summary>Follows a path in the names of documents in protobuf.</summary>
    private const string AsProtobuf = " as protobuf";

    private readonly ResourceRegistry _registry;
    private readonly AggregationRoutes _routes;
    private readonly ConcurrentDictionary<string, (byte[] Body, string Hash)> _documents = new();

    public OpenApiEndpoint(ResourceRegistry registry, AggregationRoutes routes)
    {
        _routes = routes;
        routes.Changed += _documents.Clear;
        _registry = registry;
        registry.Changed += _documents.Clear;
    }

    /// <summary>Answers a path below /openapi; false if it has no document.</summary>
    public async ValueTask<bool> TryHandleAsync(HttpContext context, string path)
    {
        if (path is not ("/openapi/v2" or "/openapi/v3") && !IsDocument(path, out _))
        {
            return false;
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            throw ResourceEndpoint.MethodNotAllowed();
        }

        // The index is JSON whatever is asked for.
        var protobuf = path != "/openapi/v3" && WantsProtobuf(context.Request, path == "/openapi/v2" ? "v2" : "v3");
        var (body, hash) = _documents.GetOrAdd(protobuf ? path + AsProtobuf : path, static (p, self) => self.Make(p), this);
        if (protobuf && path != "/openapi/v2")
        {
            // The index names one hash of both forms.
            hash = _documents.GetOrAdd(path, static (p, self) => self.Make(p), this).Hash;
        }

        context.Response.Headers.ETag = "\"" + hash + "\"";
        context.Response.Headers.Vary = "Accept";
        if (context.Request.Query["hash"] == hash)
        {
            // The address names its content, so it may be kept for good.
            context.Response.Headers.CacheControl = "public, immutable";
            context.Response.Headers.Expires = "Tue, 31 Dec 2080 00:00:00 GMT";
        }

        if (context.Request.Headers.IfNoneMatch.ToString().Contains(hash, StringComparison.Ordinal))
        {
            context.Response.StatusCode = 304;
            return true;
        }

        await Responses.WriteBytesAsync(context, 200, protobuf ? TypeOf(path == "/openapi/v2" ? "v2" : "v3") : "application/json", body, context.RequestAborted);
        return true;
    }

    private static string TypeOf(string version) => $"application/com.github.proto-openapi.spec.{version}.v1.0+protobuf";

    /// <summary>Clients in Go ask for protobuf, under either of its two names; all else is JSON.</summary>
    /// <exception cref="ApiException">406.</exception>
    private static bool WantsProtobuf(HttpRequest request, string version)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0)
        {
            return false;
        }

        foreach (var range in Negotiation.Ranges(accept))
        {
            if (range.Type is "application/json" or "application/*" or "*/*")
            {
                return false;
            }

            if (range.Type == TypeOf(version) || range.Type == $"application/com.github.proto-openapi.spec.{version}@v1.0+protobuf")
            {
                return true;
            }
        }

        throw Errors.NotAcceptable($"only the following media types are accepted: application/json, {TypeOf(version)}");
    }

    private (byte[] Body, string Hash) Make(string path)
    {
        if (path.EndsWith(AsProtobuf, StringComparison.Ordinal))
        {
            path = path[..^AsProtobuf.Length];
            var message = path == "/openapi/v2" ? SwaggerProtobuf.Write(Version2())
                : IsDocument(path, out var named) ? OpenApiProtobuf.Write(Version3(named))
                : throw ResourceEndpoint.NoSuchResource();
            return (message, Convert.ToHexString(SHA512.HashData(message)));
        }

        var tree = path switch
        {
            "/openapi/v2" => Version2(),
            "/openapi/v3" => Index(),
            _ => IsDocument(path, out var name) ? Version3(name) : throw ResourceEndpoint.NoSuchResource(),
        };
        var body = ApiJson.WriteValueToArray(tree);
        return (body, Convert.ToHexString(SHA512.HashData(body)));
    }

    /// <summary>Whether a path is a document's of v3, and its name: what follows <c>/openapi/v3/</c>.</summary>
    private bool IsDocument(string path, out string name)
    {
        const string Prefix = "/openapi/v3/";
        name = path.StartsWith(Prefix, StringComparison.Ordinal) ? path[Prefix.Length..].TrimEnd('/') : "";
        return name.Split('/') switch
        {
            ["api", var version] => IsServed("", version),
            ["apis", var group, var version] => IsServed(group, version),
            ["apis", var group] => BuiltInGroups().Contains(group),
            _ => GroupPaths.Documents.Contains(name),
        };
    }

    private bool IsServed(string group, string version) => _registry.HasGroupVersion(group, version) || Local(group, version) is { Resources.Count: > 0 };

    /// <summary>A group version that this process answers without a store; null for all else.</summary>
    private AggregatedVersion? Local(string group, string version) => _routes.Find(group, version) is { Local: not null } local ? local : null;

    private ApiMap<object?> Index()
    {
        var paths = new ApiMap<object?>();
        var versions = _registry.All.Select(static r => r.Info.Group.Length == 0 ? "api/" + r.Info.Version : "apis/" + r.Info.ApiVersion);
        foreach (var name in GroupPaths.Documents.Concat(BuiltInGroups().Select(static g => "apis/" + g)).Concat(versions).Distinct())
        {
            var (_, hash) = _documents.GetOrAdd("/openapi/v3/" + name, static (p, self) => self.Make(p), this);
            paths.SetSlot(name, Map(("serverRelativeURL", "/openapi/v3/" + name + "?hash=" + hash)));
        }

        foreach (var remote in _routes.All.Where(static r => r.IsAvailable).OrderBy(static r => r.Group + "/" + r.Version, StringComparer.Ordinal))
        {
            // The document itself is the other server's, and comes from there, unless the other server is this process.
            var name = "apis/" + remote.Group + "/" + remote.Version;
            var hash = remote.Local is not null ? _documents.GetOrAdd("/openapi/v3/" + name, static (p, self) => self.Make(p), this).Hash
                : Convert.ToHexString(SHA512.HashData(remote.Discovery is { } discovery ? ApiJson.WriteToArray(discovery) : []));
            paths.SetSlot(name, Map(("serverRelativeURL", "/openapi/v3/" + name + "?hash=" + hash)));
        }

        return Map(("paths", paths));
    }

    /// <summary>A document of v3: of a group version, of a group, or of one of the paths beside them.</summary>
    private ApiMap<object?> Version3(string name)
    {
        var schemas = new SchemaPublisher(v3: true);
        var paths = new PathTable(v3: true);
        switch (name.Split('/'))
        {
            case ["api", var version]:
                AddVersion("", version, schemas, paths);
                break;
            case ["apis", var group, var version]:
                AddVersion(group, version, schemas, paths);
                break;
            case ["apis", var group]:
                new GroupPaths(schemas, paths).AddGroup(group);
                break;
            default:
                new GroupPaths(schemas, paths).AddDocument(name);
                break;
        }

        return Map(
            ("openapi", "3.0.0"),
            ("info", Info()),
            ("paths", paths.Write()),
            ("components", Map(("schemas", schemas.Schemas), ("securitySchemes", Security()))));
    }

    private void AddVersion(string group, string version, SchemaPublisher schemas, PathTable paths)
    {
        if (!_registry.IsCustomGroup(group))
        {
            new GroupPaths(schemas, paths).AddVersion(group, version);
        }

        Add(_registry.All.Where(r => r.Info.Group == group && r.Info.Version == version), Local(group, version)?.Resources ?? [], schemas, paths);
    }

    private static void Add(IEnumerable<ServedResource> resources, IEnumerable<ResourceInfo> locals, SchemaPublisher schemas, PathTable paths)
    {
        var builtIn = new PathPublisher(schemas, paths);
        var custom = new CustomPaths(schemas, new CustomSchemas(schemas, schemas.IsV3), paths);
        foreach (var resource in resources)
        {
            if (resource.IsCustom)
            {
                custom.Add(resource);
            }
            else
            {
                builtIn.Add(resource.Info);
            }
        }

        foreach (var resource in locals)
        {
            builtIn.Add(resource);
        }
    }

    private ApiMap<object?> Version2()
    {
        var schemas = new SchemaPublisher(v3: false);
        var table = new PathTable(v3: false);
        var local = _routes.All.Where(static r => r.Local is not null).ToArray();
        Add(_registry.All, local.SelectMany(static r => r.Resources), schemas, table);
        var groups = new GroupPaths(schemas, table);
        foreach (var document in GroupPaths.Documents)
        {
            groups.AddDocument(document);
        }

        foreach (var group in BuiltInGroups())
        {
            groups.AddGroup(group);
        }

        foreach (var (group, version) in _registry.All.Where(static r => !r.IsCustom).Select(static r => (r.Info.Group, r.Info.Version)).Concat(local.Select(static r => (r.Group, r.Version))).Distinct())
        {
            groups.AddVersion(group, version);
        }

        var paths = table.Write();
        foreach (var remote in _routes.All.Where(static r => r is { IsAvailable: true, OpenApi: not null }))
        {
            Merge(remote, paths, schemas.Schemas);
        }

        return Map(
            ("swagger", "2.0"),
            ("info", Info()),
            ("paths", paths),
            ("definitions", schemas.Schemas),
            ("securityDefinitions", Security()),
            ("security", List(Map(("BearerToken", List())))));
    }

    /// <summary>The groups that the server itself answers for, without the core's.</summary>
    private IEnumerable<string> BuiltInGroups() => _registry.All.Where(static r => !r.IsCustom && r.Info.Group.Length > 0).Select(static r => r.Info.Group).Distinct();

    /// <summary>Adds the paths of another server's group version, and its definitions where their names are free.</summary>
    private static void Merge(AggregatedVersion remote, ApiMap<object?> paths, ApiMap<object?> definitions)
    {
        var prefix = $"/apis/{remote.Group}/{remote.Version}/";
        if (remote.OpenApi!.GetValueOrDefault("paths") is ApiMap<object?> theirs)
        {
            foreach (var (path, operations) in theirs)
            {
                if ((path + "/").StartsWith(prefix, StringComparison.Ordinal) && !paths.ContainsKey(path))
                {
                    paths.SetSlot(path, operations);
                }
            }
        }

        if (remote.OpenApi!.GetValueOrDefault("definitions") is ApiMap<object?> schemas)
        {
            foreach (var (name, schema) in schemas)
            {
                if (!definitions.ContainsKey(name))
                {
                    definitions.SetSlot(name, schema);
                }
            }
        }
    }

    private static ApiMap<object?> Info() => Map(("title", "Kubernetes"), ("version", "v1.36.2"));

    private static ApiMap<object?> Security() =>
        Map(("BearerToken", Map(("type", "apiKey"), ("name", "authorization"), ("in", "header"), ("description", "Bearer Token authentication"))));
}
