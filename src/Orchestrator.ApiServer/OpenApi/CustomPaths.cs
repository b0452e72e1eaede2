using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;
using static Orchestrator.ApiServer.OpenApi.OperationNames;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>Describes the paths and operations of custom resources, which upstream describes apart and somewhat otherwise than its own.</summary>
internal sealed class CustomPaths(SchemaPublisher schemas, CustomSchemas custom, PathTable paths)
{
    private static readonly string[] Types = ["application/json", "application/yaml"];
    private static readonly string[] PatchTypes = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

    /// <summary>Adds all paths of a resource.</summary>
    public void Add(ServedResource resource)
    {
        var info = resource.Info;
        var collection = info.BasePath + (info.Namespaced ? "/namespaces/{namespace}/" : "/") + info.Resource;
        var (one, list) = (custom.Reference(resource, list: false), custom.Reference(resource, list: true));
        if (info.Namespaced)
        {
            paths.Add(info.BasePath + "/" + info.Resource, "get", List(info, list, inNamespace: false));
        }

        paths.Add(collection, "get", List(info, list, info.Namespaced));
        paths.Add(collection, "post", Make(info, "post", "create", "", named: false, OperationParameters.Write, one, [200, 201, 202]) with { Body = one });
        paths.Add(collection, "delete", Make(info, "deletecollection", "delete", "", named: false, OperationParameters.List, schemas.Reference(Status.ApiType), [200]) with
        {
            Id = Id(info, "delete", "", info.Namespaced, "Collection"), Description = "delete collection of " + info.Kind,
        });

        var item = collection + "/{name}";
        Object(info, item, "", one);
        paths.Add(item, "delete", Make(info, "delete", "delete", "", named: true, OperationParameters.Delete, schemas.Reference(Status.ApiType), [200, 202]) with
        {
            Body = schemas.Reference(DeleteOptions.ApiType), NeedsBody = false,
        });
        foreach (var sub in info.Subresources)
        {
            Object(info, item + "/" + sub.Name, sub.Name, sub.Name == "scale" ? schemas.Reference(Scale.ApiType) : one);
        }
    }

    private void Object(ResourceInfo info, string path, string sub, ApiMap<object?> schema)
    {
        paths.Add(path, "get", Make(info, "get", "read", sub, named: true, [OperationParameters.ResourceVersion], schema, [200]));
        paths.Add(path, "put", Make(info, "put", "replace", sub, named: true, OperationParameters.Write, schema, [200, 201]) with { Body = schema });
        paths.Add(path, "patch", Make(info, "patch", "patch", sub, named: true, OperationParameters.Patch, schema, [200]) with { Body = schemas.Patch(), Consumes = PatchTypes });
    }

    private static Operation List(ResourceInfo info, ApiMap<object?> list, bool inNamespace) => Make(info, "list", "list", "", named: false, OperationParameters.List, list, [200]) with
    {
        Id = Id(info, "list", info.Namespaced && !inNamespace ? "ForAllNamespaces" : "", inNamespace),
        Parameters = Parameters(info, OperationParameters.List, inNamespace, named: false),
    };

    private static Operation Make(
        ResourceInfo info, string action, string verb, string sub, bool named, IEnumerable<OperationParameter> parameters, ApiMap<object?> answer, int[] codes)
    {
        var part = sub.Length > 0 ? $" {sub} of" : "";
        var description = verb switch
        {
            "list" => "list objects of kind " + info.Kind,
            "create" or "delete" => verb + part + WithArticle(info.Kind),
            "patch" => $"partially update{part} the specified {info.Kind}",
            _ => $"{verb}{part} the specified {info.Kind}",
        };
        return new(Id(info, verb, Capital(sub), info.Namespaced), Tag(info.Group, info.Version), description)
        {
            About = (action, SchemaPublisher.KindOf(info.ApiVersion, info.Kind)), Parameters = Parameters(info, parameters, info.Namespaced, named),
            Consumes = Types, Produces = Types, Answer = answer, Codes = codes,
        };
    }

    private static IReadOnlyList<OperationParameter> Parameters(ResourceInfo info, IEnumerable<OperationParameter> parameters, bool inNamespace, bool named) =>
        OperationParameters.At(parameters.Prepend(OperationParameters.Pretty), info.Kind, inNamespace, named);

    private static string Id(ResourceInfo info, string verb, string suffix, bool inNamespace, string prefix = "") =>
        OperationNames.Id(info.Group, info.Version, verb, prefix + (inNamespace ? "Namespaced" : "") + info.Kind + suffix);
}
