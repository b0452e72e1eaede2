using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Access;

namespace Orchestrator.ApiServer.Admission.Policies;

/// <summary>What both kinds of policies need of the server: which requests they see, namespaces, parameters, and objects in the version that a policy names.</summary>
internal sealed class PolicyScope(IObjectLister objects, EquivalentVersions versions, PolicyParameters parameters, AuthorizerChain authorizers)
{
    public PolicyParameters Parameters => parameters;

    public IObjectLister Objects => objects;

    /// <summary>Objects of requests in the versions that policies name.</summary>
    public EquivalentVersions Versions => versions;

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
        rules.Match(attributes, ns => objects.Get<Namespace>("", ns)?.Metadata.Labels, () => versions.Of(attributes.Resource), out matched);

    /// <summary>The namespace of the request's object; null for cluster-scoped ones, and for namespaces themselves.</summary>
    public Namespace? NamespaceOf(AdmissionAttributes attributes) =>
        attributes.Namespace.Length == 0 || attributes.Is("", "namespaces") ? null : objects.Get<Namespace>("", attributes.Namespace);
}
