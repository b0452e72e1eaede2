namespace Orchestrator.Api;

/// <summary>A resource of the API: where it is served, and what may be done with it.</summary>
public sealed record ResourceInfo
{
    /// <summary>"" for the core group.</summary>
    public required string Group { get; init; }

    public required string Version { get; init; }

    /// <summary>The plural name in paths.</summary>
    public required string Resource { get; init; }

    public required string Singular { get; init; }

    public required string Kind { get; init; }

    public required bool Namespaced { get; init; }

    public required IReadOnlyList<string> Verbs { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public string StorageVersionHash { get; init; } = "";

    /// <summary><c>group/version</c> that objects are stored in.</summary>
    public string StorageVersion { get; init; } = "";

    public IReadOnlyList<SubresourceInfo> Subresources { get; init; } = [];

    /// <summary><c>group/version</c>, or the version alone for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : Group + "/" + Version;

    /// <summary><c>resource.group</c>, or the resource alone for the core group.</summary>
    public string GroupResource => Group.Length == 0 ? Resource : Resource + "." + Group;

    /// <summary><c>/api/v1</c> or <c>/apis/group/version</c>.</summary>
    public string BasePath => Group.Length == 0 ? "/api/" + Version : "/apis/" + Group + "/" + Version;

    /// <summary>The path of the collection, or of one object, in a namespace ("" for all, or for cluster-scoped kinds).</summary>
    public string Path(string ns, string name = "", string subresource = "")
    {
        var path = Namespaced && ns.Length > 0 ? $"{BasePath}/namespaces/{ns}/{Resource}" : $"{BasePath}/{Resource}";
        return path + (name.Length > 0 ? "/" + name : "") + (subresource.Length > 0 ? "/" + subresource : "");
    }

    public override string ToString() => GroupResource;
}
