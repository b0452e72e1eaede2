using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Codecs;

namespace Orchestrator.ApiServer.Admission.Quota;

/// <summary>A resource that may be used only where a quota covers it.</summary>
/// <param name="Group">Of the objects.</param>
/// <param name="Resource">Of the objects.</param>
/// <param name="Contains">Parts of the names that are limited, such as <c>.storageclass.storage.k8s.io/requests.storage</c>.</param>
/// <param name="Scopes">Objects that fall under one of these are limited as such.</param>
internal sealed record LimitedResource(string Group, string Resource, IReadOnlyList<string> Contains, IReadOnlyList<ScopedResourceSelectorRequirement> Scopes)
{
    /// <exception cref="FormatException">The configuration is wrong.</exception>
    public static IReadOnlyList<LimitedResource> Read(ConfigNode configuration)
    {
        configuration.Require("ResourceQuotaConfiguration", "apiserver.config.k8s.io/v1", "resourcequota.admission.k8s.io/v1", "resourcequota.admission.k8s.io/v1beta1", "resourcequota.admission.k8s.io/v1alpha1");
        return configuration.List("limitedResources", isOptional: true).Select(static n => new LimitedResource(
            n.Text("apiGroup"),
            n.Text("resource") is { Length: > 0 } resource ? resource : throw new FormatException($"{n.Path}.resource: Required value"),
            n.Texts("matchContains"),
            n.List("matchScopes", isOptional: true).Select(static s => new ScopedResourceSelectorRequirement
            {
                ScopeName = s.Text("scopeName"), Operator = s.Text("operator"), Values = s.Texts("values").ToApiList(),
            }).ToArray())).ToArray();
    }
}
