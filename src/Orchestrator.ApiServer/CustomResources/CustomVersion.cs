using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.CustomResources.Rules;
using Orchestrator.ApiServer.CustomResources.Schemas;

namespace Orchestrator.ApiServer.CustomResources;

/// <summary>One version of a custom resource, ready for requests: its schema and what is made of it. Immutable.</summary>
internal sealed class CustomVersion
{
    private MapType? _applyType;

    public CustomVersion(string group, string kind, CustomResourceDefinitionVersion source)
    {
        Source = source;
        ApiVersion = group + "/" + source.Name;
        Schema = SchemaNode.From(source.Schema?.OpenAPIV3Schema ?? new JSONSchemaProps { Type = "object", XPreserveUnknownFields = true });
        Warning = !source.Deprecated ? null : source.DeprecationWarning ?? $"{ApiVersion} {kind} is deprecated";
        Rules = RuleSet.Compile(Schema, isObject: true);
    }

    public CustomResourceDefinitionVersion Source { get; }

    public string Name => Source.Name;

    public string ApiVersion { get; }

    public SchemaNode Schema { get; }

    public bool HasStatus => Source.Subresources?.Status is not null;

    public CustomResourceSubresourceScale? Scale => Source.Subresources?.Scale;

    /// <summary>What clients of a deprecated version are told; null for others.</summary>
    public string? Warning { get; }

    /// <summary>The validation rules; null if there are none.</summary>
    public RuleSet? Rules { get; }

    /// <summary>The type as server-side apply sees it.</summary>
    public MapType ApplyType => _applyType ??= StructuralTypes.Root(Source.Schema?.OpenAPIV3Schema);

    /// <summary>The object without unknown fields and with its embedded metadata in order; itself if it is so already.</summary>
    /// <param name="obj">An object of this version.</param>
    /// <param name="stored">It comes from the store: what is malformed is dropped, not refused.</param>
    /// <param name="unknown">Takes the paths of unknown fields.</param>
    /// <exception cref="ApiDecodeException">Embedded metadata cannot be read.</exception>
    public CustomObject Prune(CustomObject obj, bool stored, List<string>? unknown)
    {
        var content = SchemaPruner.PruneContent(obj.Content, Schema, unknown);
        if (Schema.HasEmbeddedResources)
        {
            content = (ApiMap<object?>)EmbeddedResources.Coerce(content, Schema, null, isRoot: true, stored, unknown, out var fault)!;
            if (fault is not null)
            {
                throw new ApiDecodeException(fault.ToString());
            }
        }

        return ReferenceEquals(content, obj.Content) ? obj : obj with { Content = content };
    }

    /// <summary>The object with its defaults; itself if nothing was missing.</summary>
    /// <param name="obj">An object of this version.</param>
    /// <param name="keepsNulls">It was applied: what its configuration sets to null stays null.</param>
    public CustomObject Default(CustomObject obj, bool keepsNulls = false)
    {
        var content = keepsNulls ? SchemaDefaulter.FillContent(obj.Content, Schema) : SchemaDefaulter.DefaultContent(obj.Content, Schema);
        return ReferenceEquals(content, obj.Content) ? obj : obj with { Content = content };
    }

    public override string ToString() => ApiVersion;
}
