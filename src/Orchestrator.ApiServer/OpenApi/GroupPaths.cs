using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using static Orchestrator.ApiServer.OpenApi.JsonTree;
using static Orchestrator.ApiServer.OpenApi.OperationNames;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>Describes the paths that are about no resource: what groups, versions and resources there are, the program's version, and the keys of tokens.</summary>
internal sealed class GroupPaths(SchemaPublisher schemas, PathTable paths)
{
    private static readonly string[] Types = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
    private static readonly string[] Json = ["application/json"];

    /// <summary>The documents of v3 that are about neither a group nor a version.</summary>
    public static readonly string[] Documents = [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"];

    /// <summary>Adds the path of one of <see cref="Documents"/>.</summary>
    public void AddDocument(string name)
    {
        switch (name)
        {
            case "api":
                Add("/api/", new("getCoreAPIVersions", "core", "get available API versions") { Consumes = Types, Produces = Types, Answer = schemas.Reference(APIVersions.ApiType) });
                break;
            case "apis":
                Add("/apis/", new("getAPIVersions", "apis", "get available API versions") { Consumes = Types, Produces = Types, Answer = schemas.Reference(APIGroupList.ApiType) });
                break;
            case "version":
                Add("/version/", new("getCodeVersion", "version", "get the version information for this server") { Consumes = Json, Produces = Json, Answer = Version() });
                break;
            case "openid/v1/jwks":
                Add("/openid/v1/jwks/", new("getServiceAccountIssuerOpenIDKeyset", "openid", "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)")
                {
                    Produces = ["application/jwk-set+json"], Answer = Map(("type", "string")),
                });
                break;
            default:
                Add("/.well-known/openid-configuration/", new(
                    "getServiceAccountIssuerOpenIDConfiguration", "WellKnown", "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'")
                {
                    Produces = Json, Answer = Map(("type", "string")),
                });
                break;
        }
    }

    /// <summary>Adds the path of a group.</summary>
    public void AddGroup(string group) => Add($"/apis/{group}/", new(Id(group, "", "get", "APIGroup"), Tag(group, ""), "get information of a group")
    {
        Consumes = Types, Produces = Types, Answer = schemas.Reference(APIGroup.ApiType),
    });

    /// <summary>Adds the path of a group's version.</summary>
    public void AddVersion(string group, string version) => Add(
        (group.Length == 0 ? "/api/" : $"/apis/{group}/") + version + "/",
        new(Id(group, version, "get", "APIResources"), Tag(group, version), "get available resources") { Consumes = Types, Produces = Types, Answer = schemas.Reference(APIResourceList.ApiType) });

    private void Add(string path, Operation operation) => paths.Add(path, "get", operation);

    private ApiMap<object?> Version()
    {
        const string Name = "io.k8s.apimachinery.pkg.version.Info";
        string[] always = ["major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"];
        var properties = new ApiMap<object?>();
        foreach (var name in always.Concat(["emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor"]).Order(StringComparer.Ordinal))
        {
            properties.SetSlot(name, Map(("description", name), ("type", "string"), ("default", schemas.IsV3 && always.Contains(name) ? "" : null)));
        }

        schemas.Add(Name, Map(("description", "What the server is"), ("type", "object"), ("required", List(always)), ("properties", properties)));
        return schemas.Reference(Name);
    }
}
