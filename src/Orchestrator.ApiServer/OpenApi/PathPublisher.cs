using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Http;
using static Orchestrator.ApiServer.OpenApi.OperationNames;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>Describes the paths and operations of resources of the tables' types, the deprecated paths of watches among them.</summary>
internal sealed class PathPublisher(SchemaPublisher schemas, PathTable paths)
{
    private static readonly string[] BodyTypes = ["*/*"];
    private static readonly string[] Answers = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
    private static readonly string[] StreamedAnswers = [.. Answers, "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
    private static readonly string[] PatchTypes =
        ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"];

    private static readonly string[] ProxyMethods = ["delete", "get", "head", "options", "patch", "post", "put"];
    private static readonly string[] StreamMethods = ["get", "post"];

    /// <summary>Adds all paths of a resource.</summary>
    public void Add(ResourceInfo info)
    {
        var whole = new Place(info, info.BasePath + "/" + info.Resource, InNamespace: false);
        var collection = info.Namespaced ? new Place(info, $"{info.BasePath}/namespaces/{{namespace}}/{info.Resource}", InNamespace: true) : whole;
        var suffix = info.Namespaced ? "ForAllNamespaces" : "";
        if (info.Verbs.Contains("list"))
        {
            List(whole, suffix);
            if (info.Namespaced)
            {
                List(collection, "");
            }
        }

        if (info.Verbs.Contains("watch"))
        {
            Watch(whole, suffix);
            if (info.Namespaced)
            {
                Watch(collection, "");
            }
        }

        Writes(collection);
        Object(collection with { Path = collection.Path + "/{name}", Named = true });
        foreach (var sub in info.Subresources)
        {
            Subresource(collection with { Path = $"{collection.Path}/{{name}}/{sub.Name}", Named = true }, sub);
        }
    }

    private void List(Place place, string suffix)
    {
        var info = place.Info;
        var watched = info.Verbs.Contains("watch") ? "list or watch" : "list";
        paths.Add(place.Path, "get", Make(place, "list", "list", suffix, watched + " objects of kind " + info.Kind) with
        {
            Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.List]), Produces = StreamedAnswers, Answer = Reference(info.ApiVersion, info.Kind + "List"),
        });
    }

    private void Watch(Place place, string suffix)
    {
        const string Instead = ". deprecated: use the 'watch' parameter with a list operation instead";
        var info = place.Info;
        var path = info.BasePath + "/watch" + place.Path[info.BasePath.Length..];
        var all = Make(place, "watchlist", "watch", "List" + suffix, $"watch individual changes to a list of {info.Kind}{Instead}.") with
        {
            Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.List]), Produces = StreamedAnswers, Answer = schemas.Reference(WatchEvent.ApiType),
        };
        paths.Add(path, "get", all);
        if (place.InNamespace == info.Namespaced)
        {
            var one = place with { Named = true };
            paths.Add(path + "/{name}", "get", all with
            {
                Id = place.Id("watch", ""),
                Description = $"watch changes to an object of kind {info.Kind}{Instead}, filtered to a single item with the 'fieldSelector' parameter.",
                About = ("watch", SchemaPublisher.KindOf(info.ApiVersion, info.Kind)),
                Parameters = one.With([OperationParameters.Pretty, .. OperationParameters.List]),
            });
        }
    }

    private void Writes(Place place)
    {
        var info = place.Info;
        if (info.Verbs.Contains("create"))
        {
            paths.Add(place.Path, "post", Create(place, info.ApiVersion, info.Kind, "", "create" + WithArticle(info.Kind)));
        }

        if (info.Verbs.Contains("deletecollection"))
        {
            paths.Add(place.Path, "delete", Make(place, "deletecollection", "delete", "", "delete collection of " + info.Kind) with
            {
                Id = place.Id("delete", "", "Collection"),
                Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.DeleteCollection]),
                Body = schemas.Reference(DeleteOptions.ApiType), NeedsBody = false, Consumes = BodyTypes, Answer = schemas.Reference(Status.ApiType),
            });
        }
    }

    private void Object(Place place)
    {
        var info = place.Info;
        Reads(place, info.Verbs, info.ApiVersion, info.Kind, "", "");
        if (info.Verbs.Contains("delete"))
        {
            paths.Add(place.Path, "delete", Make(place, "delete", "delete", "", "delete" + WithArticle(info.Kind)) with
            {
                Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.Delete]),
                Body = schemas.Reference(DeleteOptions.ApiType), NeedsBody = false, Consumes = BodyTypes,
                Answer = ResourceVerbs.ReturnsDeleted(info) ? Reference(info.ApiVersion, info.Kind) : schemas.Reference(Status.ApiType), Codes = [200, 202],
            });
        }
    }

    private void Subresource(Place place, SubresourceInfo sub)
    {
        var info = place.Info;
        switch (sub.Name)
        {
            case "proxy":
                Connect(place, sub, ProxyMethods, "");
                Connect(place with { Path = place.Path + "/{path}" }, sub, ProxyMethods, "WithPath");
                return;
            case "exec" or "attach" or "portforward":
                Connect(place, sub, StreamMethods, "");
                return;
            case "log":
                paths.Add(place.Path, "get", Make(place, "get", "read", "Log", "read log of the specified " + info.Kind) with
                {
                    Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.Of(nameof(Api.Core.V1.PodLogOptions))]),
                    Produces = ["text/plain", .. Answers], Answer = Text(),
                });
                return;
        }

        var version = sub.KindApiVersion.Length > 0 ? sub.KindApiVersion : info.ApiVersion;
        var suffix = Capital(sub.Name);
        Reads(place, sub.Verbs, version, sub.Kind, suffix, sub.Name + " of ");
        if (sub.Verbs.Contains("create"))
        {
            paths.Add(place.Path, "post", Create(place, version, sub.Kind, suffix, $"create {sub.Name} of{WithArticle(info.Kind)}"));
        }
    }

    /// <summary>Reading, replacing and patching, of an object or of a subresource.</summary>
    private void Reads(Place place, IReadOnlyList<string> verbs, string apiVersion, string kind, string suffix, string part)
    {
        var about = SchemaPublisher.KindOf(apiVersion, kind);
        var named = part.Length > 0 ? $" {part}the specified {place.Info.Kind}" : $" the specified {place.Info.Kind}";
        var answer = verbs.Any(static v => v is "get" or "update" or "patch") ? Reference(apiVersion, kind) : null;
        if (verbs.Contains("get"))
        {
            paths.Add(place.Path, "get", Make(place, "get", "read", suffix, "read" + named) with { About = ("get", about), Answer = answer! });
        }

        if (verbs.Contains("update"))
        {
            paths.Add(place.Path, "put", Make(place, "put", "replace", suffix, "replace" + named) with
            {
                About = ("put", about), Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.Write]), Body = answer, Consumes = BodyTypes, Answer = answer!, Codes = [200, 201],
            });
        }

        if (verbs.Contains("patch"))
        {
            paths.Add(place.Path, "patch", Make(place, "patch", "patch", suffix, "partially update" + named) with
            {
                About = ("patch", about), Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.Patch]),
                Body = schemas.Patch(), Consumes = PatchTypes, Answer = answer!, Codes = [200, 201],
            });
        }
    }

    private Operation Create(Place place, string apiVersion, string kind, string suffix, string description) => Make(place, "post", "create", suffix, description) with
    {
        About = ("post", SchemaPublisher.KindOf(apiVersion, kind)),
        Parameters = place.With([OperationParameters.Pretty, .. OperationParameters.Write]),
        Body = Reference(apiVersion, kind), Consumes = BodyTypes, Answer = Reference(apiVersion, kind), Codes = [200, 201, 202],
    };

    private void Connect(Place place, SubresourceInfo sub, string[] methods, string suffix)
    {
        var info = place.Info;
        IEnumerable<OperationParameter> parameters = OperationParameters.Of(sub.Kind);
        if (suffix.Length > 0)
        {
            parameters = parameters.Append(OperationParameters.ProxyPath);
        }

        foreach (var method in methods)
        {
            paths.Add(place.Path, method, Make(place, "connect", "connect", Capital(sub.Name) + suffix, $"connect {method.ToUpperInvariant()} requests to {sub.Name} of {info.Kind}") with
            {
                Id = place.Id("connect", Capital(sub.Name) + suffix, Capital(method)),
                About = ("connect", SchemaPublisher.KindOf(info.ApiVersion, sub.Kind)),
                Parameters = place.With(parameters), Produces = BodyTypes, Answer = Text(),
            });
        }
    }

    private Operation Make(Place place, string action, string verb, string suffix, string description) => new(place.Id(verb, suffix), Tag(place.Info.Group, place.Info.Version), description)
    {
        About = (action, SchemaPublisher.KindOf(place.Info.ApiVersion, place.Info.Kind)), Parameters = place.With([OperationParameters.Pretty]), Produces = Answers, Answer = Text(),
    };

    private ApiMap<object?> Reference(string apiVersion, string kind) => ApiTypes.FindKind(apiVersion, kind) is { OpenApiName.Length: > 0 } schema ? schemas.Reference(schema) : Text();

    private static ApiMap<object?> Text() => JsonTree.Map(("type", "string"));

    /// <summary>A path of a resource.</summary>
    /// <param name="Info">The resource.</param>
    /// <param name="Path">The path, parameters in braces.</param>
    /// <param name="InNamespace">Whether the path names the namespace.</param>
    private sealed record Place(ResourceInfo Info, string Path, bool InNamespace)
    {
        /// <summary>Whether the path names the object.</summary>
        public bool Named { get; init; }

        /// <summary>The parameters of an operation here.</summary>
        public IReadOnlyList<OperationParameter> With(IEnumerable<OperationParameter> parameters) => OperationParameters.At(parameters, Info.Kind, InNamespace, Named);

        /// <summary>The name of an operation here; <paramref name="prefix"/> stands before the kind, <paramref name="suffix"/> behind it.</summary>
        public string Id(string verb, string suffix, string prefix = "") =>
            OperationNames.Id(Info.Group, Info.Version, verb, prefix + (InNamespace ? "Namespaced" : "") + Info.Kind + suffix);
    }
}
