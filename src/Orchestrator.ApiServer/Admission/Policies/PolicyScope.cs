using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Access;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>What both kinds of policies need of the server: which requests they see, namespaces, parameters, and objects in the version that a policy names.</summary>
internal sealed class PolicyScope(IObjectLister objects, ResourceRegistry registry, IObjectConverter converter, PolicyParameters parameters, AuthorizerChain authorizers)
{
    public PolicyParameters Parameters => parameters;

    public IObjectLister Objects => objects;

    public AuthorizerChain Authorizers => authorizers;

    /// <summary>Nobody can lock the cluster's door from outside: policies are not asked about policies, nor about questions of identity and rights.</summary>
    public static bool IsExempt(ResourceInfo resource) => resource.Group switch
    {
        "admissionregistration.k8s.io" => resource.Resource is "validatingadmissionpolicies" or "validatingadmissionpolicybindings" or "mutatingadmissionpolicies"
            or "mutatingadmissionpolicybindings",
        "authentication.k8s.io" => resource.Resource is "selfsubjectreviews" or "tokenreviews",
        "authorization.k8s.io" => resource.Resource is "localsubjectaccessreviews" or "selfsubjectaccessreviews" or "selfsubjectrulesreviews" or "subjectaccessreviews",
        _ => false,
    };

    public bool Matches(MatchRules rules, AdmissionAttributes attributes, out ResourceInfo matched) =>
        rules.Match(attributes, ns => objects.Get<Namespace>("", ns)?.Metadata.Labels, () => Equivalents(attributes.Resource), out matched);

    /// <summary>The namespace of the request's object; null for cluster-scoped ones, and for namespaces themselves.</summary>
    public Namespace? NamespaceOf(AdmissionAttributes attributes) =>
        attributes.Namespace.Length == 0 || attributes.Is("", "namespaces") ? null : objects.Get<Namespace>("", attributes.Namespace);

    /// <summary>An object of the request in the version that a policy names; itself if that is its version.</summary>
    public async ValueTask<ApiStruct?> ConvertAsync(ApiStruct? obj, AdmissionAttributes attributes, ResourceInfo matched, CancellationToken cancellationToken)
    {
        if (obj is not ApiObject body || attributes.Subresource is not ("" or "status")
            || registry.Find(matched.Group, matched.Version, matched.Resource) is not { } target
            || registry.Find(attributes.Resource.Group, attributes.Resource.Version, attributes.Resource.Resource) is not { } source
            || (ReferenceEquals(body.TypeSchema, target.Schema) && (!target.IsCustom || body.ApiVersion == matched.ApiVersion)))
        {
            return obj;
        }

        var isStored = ReferenceEquals(body.TypeSchema, source.StorageSchema) && (!source.IsCustom || body.ApiVersion == source.StorageApiVersion);
        var stored = isStored ? body : await converter.ToStoredAsync(source, body, cancellationToken);
        return await converter.ToServedAsync(target, stored, cancellationToken);
    }

    /// <summary>An object of the version that a policy names, in the version of another object of the same resource.</summary>
    public async ValueTask<ApiObject> ConvertBackAsync(ApiObject obj, ResourceInfo matched, ApiObject like, CancellationToken cancellationToken)
    {
        var source = registry.Find(matched.Group, matched.Version, matched.Resource)!;
        var stored = ReferenceEquals(obj.TypeSchema, source.StorageSchema) ? obj : await converter.ToStoredAsync(source, obj, cancellationToken);
        return ReferenceEquals(stored.TypeSchema, like.TypeSchema)
            ? stored
            : await converter.ToServedAsync(registry.FindKind(like.ApiVersion, like.Kind)!, stored, cancellationToken);
    }

    private IEnumerable<ServedResource> Equivalents(ResourceInfo resource)
    {
        if (registry.Find(resource.Group, resource.Version, resource.Resource) is not { HasOtherVersions: true } served)
        {
            return [];
        }

        return registry.All.Where(r => r.Collection == served.Collection && !ReferenceEquals(r, served));
    }
}
