using Orchestrator.Api;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission;

/// <summary>The versions under which one resource is served, and the objects of a request in each of them: what <c>matchPolicy: Equivalent</c> needs.</summary>
internal sealed class EquivalentVersions(ResourceRegistry registry, IObjectConverter converter)
{
    /// <summary>The other versions of a resource, in the order in which they are registered.</summary>
    public IEnumerable<ServedResource> Of(ResourceInfo resource)
    {
        if (registry.Find(resource.Group, resource.Version, resource.Resource) is not { HasOtherVersions: true } served)
        {
            return [];
        }

        return registry.All.Where(r => r.Collection == served.Collection && !ReferenceEquals(r, served));
    }

    /// <summary>The object of a request and the one before, in a version of its resource. Those of subresources with a kind of their own stay what they are.</summary>
    public async ValueTask<(ApiStruct? Object, ApiStruct? OldObject)> ConvertAsync(AdmissionAttributes attributes, ResourceInfo version, CancellationToken cancellationToken) =>
        (await ConvertAsync(attributes.Object, attributes, version, cancellationToken), await ConvertAsync(attributes.OldObject, attributes, version, cancellationToken));

    /// <summary>The type of an object that <see cref="ConvertAsync(AdmissionAttributes, ResourceInfo, CancellationToken)"/> gave out, as server-side apply sees it.</summary>
    public MapType TypeOf(ApiObject obj, ResourceInfo version) =>
        (obj is CustomObject ? registry.Find(version.Group, version.Version, version.Resource)?.Custom?.ApplyType : null) ?? ApplyTypes.Of(obj.TypeSchema);

    /// <summary>Gives the request's object the content of one in a version that <see cref="ConvertAsync(AdmissionAttributes, ResourceInfo, CancellationToken)"/> gave out.</summary>
    /// <remarks>The pipeline holds the object itself, so it takes on what the changed one has.</remarks>
    public async ValueTask TakeOverAsync(ApiObject changed, AdmissionAttributes attributes, ResourceInfo version, CancellationToken cancellationToken)
    {
        var target = (ApiObject)attributes.Object!;
        var result = IsLike(changed, target) ? changed : await ConvertBackAsync(changed, version, target, cancellationToken);
        (ReferenceEquals(result, changed) ? result : result.DeepCopy()).Slots.CopyTo(target.Slots, 0);
    }

    private async ValueTask<ApiStruct?> ConvertAsync(ApiStruct? obj, AdmissionAttributes attributes, ResourceInfo version, CancellationToken cancellationToken)
    {
        if (obj is not ApiObject body || !RequestKinds.IsOwn(attributes.Resource, attributes.Subresource)
            || registry.Find(version.Group, version.Version, version.Resource) is not { } target)
        {
            return obj;
        }

        if (target.Definition is { } definition)
        {
            // What is not of the request is stored, and may lack defaults.
            var custom = (CustomObject)body;
            return ReferenceEquals(obj, attributes.OldObject) && custom.ApiVersion != target.Info.ApiVersion
                ? await definition.ConvertAsync(definition.Normalize(custom), target.Custom!, cancellationToken)
                : await definition.ConvertAsync(custom, target.Custom!, cancellationToken);
        }

        if (ReferenceEquals(body.TypeSchema, target.Schema))
        {
            return body;
        }

        var stored = ReferenceEquals(body.TypeSchema, target.StorageSchema) ? body : await converter.ToStoredAsync(SourceOf(attributes, body), body, cancellationToken);
        return await converter.ToServedAsync(target, stored, cancellationToken);
    }

    private ServedResource SourceOf(AdmissionAttributes attributes, ApiObject body) =>
        registry.FindKind(body.ApiVersion, body.Kind) ?? registry.Find(attributes.Resource.Group, attributes.Resource.Version, attributes.Resource.Resource)!;

    private async ValueTask<ApiObject> ConvertBackAsync(ApiObject obj, ResourceInfo version, ApiObject like, CancellationToken cancellationToken)
    {
        var source = registry.Find(version.Group, version.Version, version.Resource)!;
        if (source.Definition is { } definition)
        {
            return await definition.ConvertAsync((CustomObject)obj, definition.Versions[like.ApiVersion], cancellationToken);
        }

        var stored = ReferenceEquals(obj.TypeSchema, source.StorageSchema) ? obj : await converter.ToStoredAsync(source, obj, cancellationToken);
        return IsLike(stored, like) ? stored : await converter.ToServedAsync(registry.FindKind(like.ApiVersion, like.Kind)!, stored, cancellationToken);
    }

    private static bool IsLike(ApiObject obj, ApiObject other) =>
        ReferenceEquals(obj.TypeSchema, other.TypeSchema) && (obj is not CustomObject || obj.ApiVersion == other.ApiVersion);
}
