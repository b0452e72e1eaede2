using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.ApiDiscovery.V2;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Discovery;

/// <summary>What the server serves: /api and /apis, aggregated (one document with an ETag) or page by page.</summary>
internal sealed class DiscoveryEndpoint
{
    private const string AggregatedParameters = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    private const int CustomGroupPriority = 1000;
    private const int CustomVersionPriority = 100;
    private readonly ResourceRegistry _registry;
    private readonly AggregationRoutes _routes;
    private readonly string _serverAddress;
    private readonly ConcurrentDictionary<string, (byte[] Json, byte[] Protobuf, string ETag)> _documents = new();

    public DiscoveryEndpoint(ResourceRegistry registry, AggregationRoutes routes, string serverAddress)
    {
        _routes = routes;
        routes.Changed += _documents.Clear;
        _registry = registry;
        _serverAddress = serverAddress;
        registry.Changed += _documents.Clear;
    }

    /// <summary>Answers the path of the parts: api, apis, apis/GROUP, and those with a version.</summary>
    public async ValueTask HandleAsync(HttpContext context, string[] parts)
    {
        var root = parts.Length == 1;
        if (root && AggregatedType(context.Request) is { } type)
        {
            await WriteAggregatedAsync(context, parts[0], type);
            return;
        }

        var format = Negotiation.Response(context.Request, transformations: false);
        var document = Document(parts) ?? throw ResourceEndpoint.NoSuchResource();
        await Responses.WriteObjectAsync(context, 200, document, format, context.RequestAborted);
    }

    /// <summary>The bare media type of the aggregated document if that is what the client wants most of what there is; else null.</summary>
    private static string? AggregatedType(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (!accept.Contains("APIGroupDiscoveryList", StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var range in Negotiation.Ranges(accept))
        {
            if (range.Type is not ("application/json" or "application/vnd.kubernetes.protobuf" or "application/yaml" or "*/*"))
            {
                continue;
            }

            if (!range.Parameters.TryGetValue("as", out var shape))
            {
                return null;
            }

            if (shape == "APIGroupDiscoveryList" && range.Parameters.GetValueOrDefault("g") == "apidiscovery.k8s.io" && range.Parameters.GetValueOrDefault("v") == "v2")
            {
                return range.Type == "application/vnd.kubernetes.protobuf" ? range.Type : "application/json";
            }
        }

        return null;
    }

    private async ValueTask WriteAggregatedAsync(HttpContext context, string root, string type)
    {
        var (json, protobuf, etag) = _documents.GetOrAdd(root, static (root, self) => self.Aggregate(root), this);
        context.Response.Headers.ETag = etag;
        context.Response.Headers.Vary = "Accept";
        context.Response.Headers.CacheControl = "public";
        if (context.Request.Headers.IfNoneMatch.ToString() == etag)
        {
            context.Response.StatusCode = 304;
            return;
        }

        await Responses.WriteBytesAsync(context, 200, type + AggregatedParameters, type == "application/json" ? json : protobuf, context.RequestAborted);
    }

    private (byte[] Json, byte[] Protobuf, string ETag) Aggregate(string root)
    {
        var groups = GroupsInOrder().Where(g => (g.Group.Length == 0) == (root == "api"));
        var list = new APIGroupDiscoveryList
        {
            Kind = "APIGroupDiscoveryList",
            ApiVersion = "apidiscovery.k8s.io/v2",
            Items = groups.Select(g => new APIGroupDiscovery
            {
                Metadata = new ObjectMeta { Name = g.Group },
                Versions = g.Versions.Select(v => _routes.Find(g.Group, v) is { } remote ? Describe(remote) : new APIVersionDiscovery
                {
                    Version = v,
                    Resources = ResourcesOf(g.Group, v).Select(Describe).ToApiList(),
                    Freshness = "Current",
                }).ToApiList(),
            }).ToApiList(),
        };
        byte[] body = [.. ApiJson.WriteToArray(list), (byte)'\n'];
        return (body, ApiProtobuf.WriteEnvelope(list), "\"" + Convert.ToHexString(SHA512.HashData(body)) + "\"");
    }

    /// <summary>What another server said last; stale while it does not answer.</summary>
    private static APIVersionDiscovery Describe(AggregatedVersion remote) =>
        (remote.Discovery ?? new APIVersionDiscovery { Version = remote.Version }) with { Freshness = remote is { IsAvailable: true, Discovery: not null } ? "Current" : "Stale" };

    private static APIResourceDiscovery Describe(ServedResource resource)
    {
        var info = resource.Info;
        return new APIResourceDiscovery
        {
            Resource = info.Resource,
            ResponseKind = resource.IsCustom ? Kind(info.Group, info.Version, info.Kind) : Kind("", "", info.Kind),
            Scope = info.Namespaced ? "Namespaced" : "Cluster",
            SingularResource = info.Singular,
            Verbs = info.Verbs.ToApiList(),
            ShortNames = info.ShortNames.ToApiList(),
            Categories = info.Categories.ToApiList(),
            Subresources = info.Subresources.Select(s =>
            {
                var (group, version) = Split(s.KindApiVersion);
                return new APISubresourceDiscovery
                {
                    Subresource = s.Name,
                    ResponseKind = resource.IsCustom && group.Length == 0 ? Kind(info.Group, info.Version, s.Kind) : Kind(group, version, s.Kind),
                    Verbs = s.Verbs.ToApiList(),
                };
            }).ToApiList(),
        };
    }

    private static GroupVersionKind Kind(string group, string version, string kind) => new() { Group = group, Version = version, Kind = kind };

    private ApiStruct? Document(string[] parts)
    {
        switch (parts)
        {
            case ["api"]:
                return new APIVersions
                {
                    Kind = "APIVersions",
                    Versions = ["v1"],
                    ServerAddressByClientCIDRs = [new ServerAddressByClientCIDR { ClientCIDR = "0.0.0.0/0", ServerAddress = _serverAddress }],
                };
            case ["apis"]:
                return new APIGroupList
                {
                    Kind = "APIGroupList",
                    ApiVersion = "v1",
                    Groups = GroupsInOrder().Where(static g => g.Group.Length > 0).Select(static g => Group(g) with { Kind = "", ApiVersion = "" }).ToApiList(),
                };
            case ["apis", var group]:
                var found = GroupsInOrder().FirstOrDefault(g => g.Group == group);
                return found.Versions is null ? null : Group(found);
            case ["api", var version] when _registry.HasGroupVersion("", version):
                return Resources("", version);
            case ["apis", var group, var version] when _registry.HasGroupVersion(group, version):
                return Resources(group, version);
            default:
                return null;
        }
    }

    private static APIGroup Group((string Group, string[] Versions) group) => new()
    {
        Kind = "APIGroup",
        ApiVersion = "v1",
        Name = group.Group,
        Versions = group.Versions.Select(v => Version(group.Group, v)).ToApiList(),
        PreferredVersion = Version(group.Group, group.Versions[0]),
    };

    private static GroupVersionForDiscovery Version(string group, string version) => new() { GroupVersion = group + "/" + version, Version = version };

    private APIResourceList Resources(string group, string version)
    {
        var rows = new List<APIResource>();
        foreach (var resource in ResourcesOf(group, version))
        {
            var info = resource.Info;
            rows.Add(new APIResource
            {
                Name = info.Resource,
                SingularName = info.Singular,
                Namespaced = info.Namespaced,
                Kind = info.Kind,
                Verbs = info.Verbs.ToApiList(),
                ShortNames = info.ShortNames.ToApiList(),
                Categories = info.Categories.ToApiList(),
                StorageVersionHash = info.StorageVersionHash,
            });
            foreach (var sub in info.Subresources)
            {
                var (subGroup, subVersion) = Split(sub.KindApiVersion);
                rows.Add(new APIResource
                {
                    Name = info.Resource + "/" + sub.Name,
                    Namespaced = info.Namespaced,
                    Group = subGroup,
                    Version = subVersion,
                    Kind = sub.Kind,
                    Verbs = sub.Verbs.ToApiList(),
                });
            }
        }

        return new APIResourceList
        {
            Kind = "APIResourceList",
            ApiVersion = group.Length == 0 ? "" : "v1",
            GroupVersion = group.Length == 0 ? version : group + "/" + version,
            Resources = rows.ToApiList(),
        };
    }

    /// <summary>Built-in groups in upstream's order, then the others by priority and name; versions by preference.</summary>
    private IEnumerable<(string Group, string[] Versions)> GroupsInOrder()
    {
        var order = ResourceTable.GroupVersions.GroupBy(static g => g.Group).ToDictionary(static g => g.Key, static g => g.Min(static v => v.GroupOrder));
        return _registry.All.Select(static r => (r.Group, r.Info.Version, GroupPriority: CustomGroupPriority, Priority: CustomVersionPriority))
            .Concat(_routes.All.Select(static v => (v.Group, v.Version, GroupPriority: v.Source.Spec.GroupPriorityMinimum, Priority: v.Source.Spec.VersionPriority)))
            .GroupBy(static v => v.Group)
            .OrderBy(g => order.GetValueOrDefault(g.Key, int.MaxValue))
            .ThenByDescending(static g => g.Max(static v => v.GroupPriority))
            .ThenBy(static g => g.Key, StringComparer.Ordinal)
            .Select(static g => (g.Key, g.OrderByDescending(static v => v.Priority).ThenByDescending(static v => v.Version, KubeVersionComparer.Instance)
                .Select(static v => v.Version).Distinct().ToArray()));
    }

    private IEnumerable<ServedResource> ResourcesOf(string group, string version) =>
        _registry.All.Where(r => r.Group == group && r.Info.Version == version).OrderBy(static r => r.Info.Resource, StringComparer.Ordinal);

    private static (string Group, string Version) Split(string apiVersion)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? ("", apiVersion) : (apiVersion[..slash], apiVersion[(slash + 1)..]);
    }
}
