using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Identity;

namespace Orchestrator.ApiServer.Access;

/// <summary>What is asked of the authorizers: may this user do this to that?</summary>
public readonly record struct AccessAttributes
{
    public AccessAttributes()
    {
    }

    public required UserInfo User { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection, or a word of its own such as bind; for paths the HTTP method in lower case.</summary>
    public required string Verb { get; init; }

    /// <summary>False for paths outside of the API's resources.</summary>
    public bool IsResource { get; init; } = true;

    /// <summary>"" for cluster-scoped resources, and for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    public string ApiGroup { get; init; } = "";

    public string ApiVersion { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>"" for collections; for list, watch and deletecollection the name that a field selector <c>metadata.name=…</c> gives.</summary>
    public string Name { get; init; } = "";

    /// <summary>For paths.</summary>
    public string Path { get; init; } = "";

    /// <summary>The field selector of list, watch and deletecollection; empty if there is none.</summary>
    public IReadOnlyList<FieldSelectorRequirement> FieldRequirements { get; init; } = [];

    /// <summary>The label selector of list, watch and deletecollection; empty if there is none.</summary>
    public IReadOnlyList<LabelSelectorRequirement> LabelRequirements { get; init; } = [];

    /// <summary>The refusal in upstream's words, without what is refused.</summary>
    public string ForbiddenMessage
    {
        get
        {
            if (!IsResource)
            {
                return $"User {Quote(User.Name)} cannot {Verb} path {Quote(Path)}";
            }

            var resource = Subresource.Length > 0 ? Resource + "/" + Subresource : Resource;
            var scope = Namespace.Length > 0 ? "in the namespace " + Quote(Namespace) : "at the cluster scope";
            return $"User {Quote(User.Name)} cannot {Verb} resource {Quote(resource)} in API group {Quote(ApiGroup)} {scope}";
        }
    }

    private static string Quote(string text) => Api.Json.GoText.Quote(text);
}
