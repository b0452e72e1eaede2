using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Registry;
using static Orchestrator.ApiServer.OpenApi.JsonTree;

namespace Orchestrator.ApiServer.OpenApi;

/// <summary>The schemas of custom resources as OpenAPI definitions: the definition's own words with typed metadata; plainer in v2, which knows less.</summary>
internal sealed class CustomSchemas(SchemaPublisher schemas, bool v3)
{
    private static readonly string[] NotInVersion2 = ["nullable", "allOf", "anyOf", "oneOf", "not", "default"];

    /// <summary>A reference to the definition of a kind, or of its list.</summary>
    public ApiMap<object?> Reference(ServedResource resource, bool list)
    {
        var info = resource.Info;
        var name = DefinitionName(info.Group, info.Version, info.Kind);
        schemas.AddLazily(name, () => Kind(resource));
        if (!list)
        {
            return schemas.Reference(name);
        }

        var listName = DefinitionName(info.Group, info.Version, resource.ListKind);
        schemas.AddLazily(listName, () => List(resource, name));
        return schemas.Reference(listName);
    }

    /// <summary><c>com.example.v1.Widget</c> for <c>example.com/v1 Widget</c>.</summary>
    private static string DefinitionName(string group, string version, string kind) => string.Join('.', group.Split('.').Reverse()) + "." + version + "." + kind;

    private ApiMap<object?> Kind(ServedResource resource)
    {
        var source = resource.Custom!.Source.Schema?.OpenAPIV3Schema;
        ApiMap<object?> root;
        if (source is null || (!v3 && source.XPreserveUnknownFields == true))
        {
            // With properties, kubectl would take these for all there are.
            root = Map(("type", "object"));
        }
        else
        {
            root = Convert(source);
            root.SetSlot("properties", WithHead(root));
        }

        root.SetSlot("x-kubernetes-group-version-kind", JsonTree.List(SchemaPublisher.KindOf(resource.Info.ApiVersion, resource.Info.Kind)));
        if (Selectable(resource) is { } selectable)
        {
            root.SetSlot("x-kubernetes-selectable-fields", selectable);
        }

        return root;
    }

    /// <summary>The fields that selectors can name; null for none beyond the usual.</summary>
    private static ApiList<object?>? Selectable(ServedResource resource) => resource.Custom!.Source.SelectableFields is { Count: > 0 } fields
        ? JsonTree.List(fields.Select(static f => (object?)Map(("fieldPath", f.JsonPath.TrimStart('.')))))
        : null;

    private ApiMap<object?> List(ServedResource resource, string item)
    {
        var properties = Map(
            ("apiVersion", Text(CommonDescriptions.ApiVersion)),
            ("items", Map(("description", $"List of {resource.Info.Resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"), ("type", "array"), ("items", schemas.Reference(item)))),
            ("kind", Text(CommonDescriptions.Kind)),
            ("metadata", Described(schemas.Reference(ListMeta.ApiType), CommonDescriptions.ListMetadata)));
        return Map(
            ("description", resource.ListKind + " is a list of " + resource.Info.Kind),
            ("type", "object"),
            ("required", JsonTree.List("items")),
            ("properties", properties),
            ("x-kubernetes-group-version-kind", JsonTree.List(SchemaPublisher.KindOf(resource.Info.ApiVersion, resource.ListKind))),
            ("x-kubernetes-selectable-fields", Selectable(resource)));
    }

    private ApiMap<object?> WithHead(ApiMap<object?> node)
    {
        var properties = node.TryGetSlot("properties", out var given) && given is ApiMap<object?> own ? own.Copy() : new ApiMap<object?>();
        properties.SetSlot("apiVersion", Text(CommonDescriptions.ApiVersion));
        properties.SetSlot("kind", Text(CommonDescriptions.Kind));
        properties.SetSlot("metadata", Described(schemas.Reference(ObjectMeta.ApiType), CommonDescriptions.Metadata));
        return properties;
    }

    private static ApiMap<object?> Text(string description) => Map(("description", description), ("type", "string"));

    /// <summary>A reference cannot have siblings in v3: it is wrapped in allOf then.</summary>
    private ApiMap<object?> Described(ApiMap<object?> reference, string description)
    {
        var described = v3 ? Map(("allOf", JsonTree.List(reference))) : reference.Copy();
        described.SetSlot("description", description);
        return described;
    }

    private ApiMap<object?> Convert(JSONSchemaProps schema) => Node((ApiMap<object?>)ApiJson.ReadValue(ApiJson.WriteToArray(schema))!);

    private ApiMap<object?> Node(ApiMap<object?> node)
    {
        var copy = node.Copy();
        if (!v3)
        {
            Plain(copy);
        }
        else if (IsTrue(copy, "x-kubernetes-int-or-string"))
        {
            SayBothTypes(copy);
        }

        if (copy.TryGetSlot("properties", out var properties) && properties is ApiMap<object?> fields)
        {
            var converted = new ApiMap<object?>(fields.Count);
            foreach (var (name, field) in fields)
            {
                converted.SetSlot(name, field is ApiMap<object?> inner ? Node(inner) : field);
            }

            copy.SetSlot("properties", converted);
        }

        foreach (var name in (ReadOnlySpan<string>)["items", "additionalProperties"])
        {
            if (copy.TryGetSlot(name, out var inner) && inner is ApiMap<object?> below)
            {
                copy.SetSlot(name, Node(below));
            }
        }

        if (copy.TryGetSlot("x-kubernetes-embedded-resource", out var embedded) && embedded is true && (v3 || !Preserves(node)))
        {
            copy.SetSlot("properties", WithHead(copy));
            copy.SetSlot("required", JsonTree.List(["kind", "apiVersion"]));
        }

        return copy;
    }

    /// <summary>Says in the words of JSON schemas that a value is an integer or a string, where the definition has not said so.</summary>
    private static void SayBothTypes(ApiMap<object?> node)
    {
        var allOf = node.GetValueOrDefault("allOf") as ApiList<object?>;
        if (AreBothTypes(node) || (allOf is [ApiMap<object?> first, ..] && AreBothTypes(first)))
        {
            return;
        }

        var both = JsonTree.List(Map(("type", "integer")), Map(("type", "string")));
        if (node.ContainsKey("anyOf"))
        {
            node.SetSlot("allOf", JsonTree.List([Map(("anyOf", both)), .. allOf ?? []]));
        }
        else
        {
            node.SetSlot("anyOf", both);
        }
    }

    private static bool AreBothTypes(ApiMap<object?> node) => node.GetValueOrDefault("anyOf") is ApiList<object?> { Count: 2 } types
        && types[0] is ApiMap<object?> one && one.GetValueOrDefault("type") is "integer"
        && types[1] is ApiMap<object?> other && other.GetValueOrDefault("type") is "string";

    /// <summary>
    /// What OpenAPI v2 cannot say is left out: a client must not be stricter than the server. To kubectl only a node without type, items and
    /// properties may hold anything, null too.
    /// </summary>
    private static void Plain(ApiMap<object?> node)
    {
        if (IsTrue(node, "nullable") || Preserves(node))
        {
            node.Remove("items");
            node.Remove("properties");
        }

        var type = node.GetValueOrDefault("type") as string;
        if (IsTrue(node, "nullable") || IsTrue(node, "x-kubernetes-int-or-string") || (type == "array" && !node.ContainsKey("items")) || (type == "object" && Preserves(node)))
        {
            node.Remove("type");
        }

        if (node.GetValueOrDefault("required") is ApiList<object?> required && node.GetValueOrDefault("properties") is ApiMap<object?> fields)
        {
            var kept = required.Where(name => !(fields.GetValueOrDefault((string)name!) is ApiMap<object?> field && IsTrue(field, "nullable"))).ToArray();
            node.Remove("required");
            if (kept.Length > 0)
            {
                node.SetSlot("required", JsonTree.List(kept));
            }
        }

        foreach (var name in NotInVersion2)
        {
            node.Remove(name);
        }
    }

    private static bool Preserves(ApiMap<object?> node) => IsTrue(node, "x-kubernetes-preserve-unknown-fields");

    private static bool IsTrue(ApiMap<object?> node, string name) => node.TryGetSlot(name, out var value) && value is true;
}
