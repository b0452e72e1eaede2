using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>Writes the paths and operations of resources, v2 or v3.</summary>
internal sealed class PathPublisher(SchemaPublisher schemas, bool v3)
{
    private readonly CustomSchemas _custom = new(schemas, v3);

    private static readonly string[] BodyTypes = ["*/*"];
    private static readonly string[] AnswerTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
    private static readonly string[] CustomAnswerTypes = ["application/json", "application/yaml"];
    private static readonly string[] CustomPatchTypes = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
    private static readonly string[] PatchTypes =
        ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"];

    private static readonly (string Name, string Type)[] ListParameters =
    [
        ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"), ("labelSelector", "string"), ("limit", "integer"),
        ("resourceVersion", "string"), ("resourceVersionMatch", "string"), ("sendInitialEvents", "boolean"), ("timeoutSeconds", "integer"), ("watch", "boolean"),
    ];

    private static readonly (string Name, string Type)[] WriteParameters = [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")];

    private static readonly (string Name, string Type)[] DeleteParameters =
    [
        ("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
        ("orphanDependents", "boolean"), ("propagationPolicy", "string"),
    ];

    public void Add(ServedResource resource, ApiMap<object?> paths) => Add(resource.Info, resource.ListKind, resource.IsCustom ? resource : null, paths);

    /// <summary>Adds the paths of a resource that is not in the registry, of a type of the tables.</summary>
    public void Add(ResourceInfo info, ApiMap<object?> paths) => Add(info, info.Kind + "List", null, paths);

    private void Add(ResourceInfo info, string listKind, ServedResource? custom, ApiMap<object?> paths)
    {
        var ns = info.Namespaced ? "/namespaces/{namespace}" : "";
        var collection = info.BasePath + ns + "/" + info.Resource;
        var verbs = info.Verbs;
        var item = new Item(this, info, custom, info.Kind, "", info.Namespaced, Named: false);
        Put(paths, collection, item, [
            verbs.Contains("list") ? ("get", "list", ListParameters, listKind) : default,
            verbs.Contains("create") ? ("post", "post", WriteParameters, info.Kind) : default,
            verbs.Contains("deletecollection") ? ("delete", "deletecollection", [.. DeleteParameters, .. ListParameters.Where(static p => p.Name is not ("watch" or "allowWatchBookmarks"))], "Status") : default,
        ]);
        if (info.Namespaced && verbs.Contains("list"))
        {
            Put(paths, info.BasePath + "/" + info.Resource, item with { Namespaced = false, AllNamespaces = true }, [("get", "list", ListParameters, listKind)]);
        }

        if (verbs.Contains("get"))
        {
            Put(paths, collection + "/{name}", item with { Named = true }, Verbs(verbs, info.Kind));
        }

        foreach (var sub in info.Subresources)
        {
            var kind = sub.Kind;
            Put(paths, collection + "/{name}/" + sub.Name, item with { Named = true, Kind = kind, KindVersion = sub.KindApiVersion, Subresource = sub.Name }, Verbs(sub.Verbs, kind));
        }
    }

    private static (string Method, string Action, (string, string)[] Parameters, string Answer)[] Verbs(IReadOnlyList<string> verbs, string kind) =>
    [
        verbs.Contains("get") ? ("get", "get", [], kind) : default,
        verbs.Contains("update") ? ("put", "put", WriteParameters, kind) : default,
        verbs.Contains("patch") ? ("patch", "patch", [.. WriteParameters, ("force", "boolean")], kind) : default,
        verbs.Contains("create") ? ("post", "post", WriteParameters, kind) : default,
        verbs.Contains("delete") ? ("delete", "delete", DeleteParameters, "Status") : default,
    ];

    private static void Put(ApiMap<object?> paths, string path, Item item, (string Method, string Action, (string, string)[] Parameters, string Answer)[] operations)
    {
        var methods = new ApiMap<object?>();
        foreach (var (method, action, parameters, answer) in operations)
        {
            if (method is not null)
            {
                methods.SetSlot(method, item.Operation(method, action, parameters, answer));
            }
        }

        if (methods.Count > 0)
        {
            methods.SetSlot("parameters", item.PathParameters());
            paths.SetSlot(path, methods);
        }
    }

    private sealed record Item(PathPublisher Owner, ResourceInfo Info, ServedResource? Custom, string Kind, string KindVersion, bool Namespaced, bool Named)
    {
        public bool AllNamespaces { get; init; }

        public string Subresource { get; init; } = "";

        private bool V3 => Owner.IsV3;

        private string[] Answers => Custom is not null ? CustomAnswerTypes : AnswerTypes;

        private string[] Patches => Custom is not null ? CustomPatchTypes : PatchTypes;

        public ApiMap<object?> Operation(string method, string action, (string Name, string Type)[] parameters, string answer)
        {
            var kindVersion = KindVersion.Length > 0 ? KindVersion : Info.ApiVersion;
            var operation = Map(
                ("operationId", OperationId(action)),
                ("description", action + " " + Info.Resource + (Subresource.Length > 0 ? "/" + Subresource : "")),
                ("tags", List(Tag())),
                ("x-kubernetes-action", action),
                ("x-kubernetes-group-version-kind", SchemaPublisher.KindOf(kindVersion, Kind)));
            var list = new List<object?>();
            if (method is "put" or "post" or "patch" or "delete")
            {
                AddBody(operation, list, method);
            }

            list.AddRange(parameters.Select(p => (object?)Parameter(p.Name, p.Type, "query")));
            if (list.Count > 0)
            {
                operation.SetSlot("parameters", List(list));
            }

            var schema = Owner.SchemaOf(Custom, kindVersion, answer);
            var code = method == "post" ? "201" : "200";
            var answers = new ApiMap<object?>();
            answers.SetSlot("200", Answer(schema));
            answers.SetSlot(code, Answer(schema));
            answers.SetSlot("401", Map(("description", "Unauthorized")));
            operation.SetSlot("responses", answers);
            if (!V3)
            {
                operation.SetSlot("consumes", List(method == "patch" ? Patches : BodyTypes));
                operation.SetSlot("produces", List(Answers));
                operation.SetSlot("schemes", List("https"));
            }

            return operation;
        }

        public ApiList<object?> PathParameters()
        {
            var list = new List<object?>();
            if (Named)
            {
                list.Add(PathParameter("name"));
            }

            if (Namespaced)
            {
                list.Add(PathParameter("namespace"));
            }

            list.Add(Parameter("pretty", "string", "query"));
            return List(list);
        }

        private void AddBody(ApiMap<object?> operation, List<object?> parameters, string method)
        {
            var schema = method switch
            {
                "patch" => Owner.Patch(),
                "delete" => Owner.DeleteOptions(),
                _ => Owner.SchemaOf(Custom, KindVersion.Length > 0 ? KindVersion : Info.ApiVersion, Kind),
            };
            if (!V3)
            {
                parameters.Add(Map(("in", "body"), ("name", "body"), ("required", method != "delete" ? true : null), ("schema", schema)));
                return;
            }

            var content = new ApiMap<object?>();
            foreach (var type in method == "patch" ? Patches : BodyTypes)
            {
                content.SetSlot(type, Map(("schema", schema)));
            }

            operation.SetSlot("requestBody", Map(("content", content), ("required", method != "delete" ? true : null)));
        }

        private ApiMap<object?> Answer(ApiMap<object?> schema)
        {
            if (!V3)
            {
                return Map(("description", "OK"), ("schema", schema));
            }

            var content = new ApiMap<object?>();
            foreach (var type in Answers)
            {
                content.SetSlot(type, Map(("schema", schema)));
            }

            return Map(("description", "OK"), ("content", content));
        }

        private ApiMap<object?> Parameter(string name, string type, string place) => V3
            ? Map(("in", place), ("name", name), ("description", ParameterDescriptions.Of(name)), ("schema", Map(("type", type), ("uniqueItems", true))))
            : Map(("in", place), ("name", name), ("description", ParameterDescriptions.Of(name)), ("type", type), ("uniqueItems", true));

        private ApiMap<object?> PathParameter(string name)
        {
            var parameter = Parameter(name, "string", "path");
            parameter.SetSlot("required", true);
            return parameter;
        }

        private string OperationId(string action)
        {
            var verb = action switch { "post" => "create", "get" => "read", "put" => "replace", "deletecollection" => "deleteCollection", _ => action };
            return verb + Group() + Capital(Info.Version) + (Namespaced ? "Namespaced" : "") + Info.Kind + Capital(Subresource) + (AllNamespaces ? "ForAllNamespaces" : "");
        }

        private string Tag() => char.ToLowerInvariant(Group()[0]) + Group()[1..] + "_" + Info.Version;

        private string Group()
        {
            var group = Info.Group;
            return group.Length == 0 ? "Core" : string.Concat(group.Replace(".k8s.io", "", StringComparison.Ordinal).Split('.').Select(Capital));
        }

        private static string Capital(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];
    }

    private bool IsV3 => v3;

    private ApiMap<object?> SchemaOf(ServedResource? custom, string apiVersion, string kind)
    {
        if (kind == "Status")
        {
            return schemas.Reference(Status.ApiType);
        }

        if (custom is not null && (kind == custom.Info.Kind || kind == custom.ListKind))
        {
            return _custom.Reference(custom, list: kind == custom.ListKind);
        }

        var schema = ApiTypes.FindKind(apiVersion, kind);
        return schema is { OpenApiName.Length: > 0 } ? schemas.Reference(schema) : Map(("type", "string"));
    }

    private ApiMap<object?> Patch()
    {
        const string Name = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
        schemas.Add(Name, Map(("description", "Patch"), ("type", "object")));
        return schemas.Reference(Name);
    }

    private ApiMap<object?> DeleteOptions() => schemas.Reference(Api.Meta.V1.DeleteOptions.ApiType);
}
