using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Conversions;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Printing;

/// <summary>Turns objects into what the client asked to see of them: themselves, a Table, or metadata alone.</summary>
internal sealed class ObjectTransformer(ITablePrinter printer, TimeProvider time)
{
    /// <summary>One object.</summary>
    public ApiStruct Transform(HttpRequest request, ServedResource resource, ApiObject obj, ResponseFormat format, bool includeColumns = true) => format.Transformation switch
    {
        Transformation.Table => Table(request, resource, [obj], format, new ListMeta { ResourceVersion = obj.Metadata.ResourceVersion }, includeColumns),
        Transformation.PartialObjectMetadata => Partial(obj, format),
        Transformation.PartialObjectMetadataList =>
            throw Errors.NotAcceptable($"you requested PartialObjectMetadataList, but the requested object is not a list ({GoType(resource)})"),
        _ => obj,
    };

    /// <summary>The Go type of a resource's objects, as upstream's messages print it.</summary>
    public static string GoType(ServedResource resource) => resource.IsCustom ? "*unstructured.Unstructured" : "*" + GoTypeName.Of(resource.Info.ApiVersion, resource.Info.Kind);

    /// <exception cref="ApiException">400: the Table's options are wrong.</exception>
    public static void CheckTableOptions(HttpRequest request)
    {
        var include = QueryFlags.Text(request.Query["includeObject"]);
        if (include is not ("" or "None" or "Metadata" or "Object"))
        {
            throw Errors.BadRequest($"Unable to convert to Table as requested: includeObject: Invalid value: \"{include}\": must be 'Metadata', 'Object', 'None', or empty");
        }
    }

    /// <param name="request">Has the options.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="objects">A row each; in the served version.</param>
    /// <param name="format">What was asked for.</param>
    /// <param name="metadata">Of the Table.</param>
    /// <param name="includeColumns">Not after the first event of a watch.</param>
    /// <param name="stored">The objects as they are stored, for those who have them.</param>
    public Table Table(
        HttpRequest request,
        ServedResource resource,
        IReadOnlyList<ApiObject> objects,
        ResponseFormat format,
        ListMeta metadata,
        bool includeColumns = true,
        IReadOnlyList<ApiObject>? stored = null)
    {
        CheckTableOptions(request);
        var include = QueryFlags.Text(request.Query["includeObject"]);
        var noHeaders = QueryFlags.IsTrue(request.Query["noHeaders"]);
        var now = time.GetUtcNow();
        var rows = new TableRow[objects.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var obj = objects[i];
            rows[i] = new TableRow
            {
                // An autoscaler is printed as it is stored: the first version has its metrics in annotations.
                Cells = printer.Cells(resource, obj is Api.Autoscaling.V1.HorizontalPodAutoscaler ? stored?[i] ?? VersionConversion.ToStored(obj) : obj, now).Select(RawJson.Of).ToApiList(),
                Conditions = printer.Conditions(resource, obj),
                Object = include switch
                {
                    "None" => null,
                    "Object" => RawJson.Of(obj),
                    _ => RawJson.Of(Partial(obj, format)),
                },
            };
        }

        var table = new Table
        {
            Kind = "Table",
            ApiVersion = "meta.k8s.io/" + format.TransformationVersion,
            Metadata = metadata,
            ColumnDefinitions = printer.Columns(resource),
            Rows = [.. rows],
        };
        if (!includeColumns || noHeaders)
        {
            table.Slots[Api.Meta.V1.Table.Fields.ColumnDefinitions] = null;
        }

        if (rows.Length == 0 && printer.IsGeneric(resource))
        {
            table.Slots[Api.Meta.V1.Table.Fields.Rows] = null;
        }

        return table;
    }

    /// <summary>The metadata of an object, in a kind of its own.</summary>
    public static PartialObjectMetadata Partial(ApiObject obj, ResponseFormat format) => new()
    {
        Kind = "PartialObjectMetadata",
        ApiVersion = "meta.k8s.io/" + format.TransformationVersion,
        Metadata = obj is Api.Apps.V1.DaemonSet ? WithoutTemplateGeneration(obj.Metadata) : obj.Metadata,
    };

    /// <summary>Upstream keeps a DaemonSet's template generation in a field and shows it as an annotation of the whole object only.</summary>
    private static ObjectMeta WithoutTemplateGeneration(ObjectMeta metadata) => metadata.Annotations.ContainsKey(AppsDefaults.TemplateGeneration)
        ? metadata with { Annotations = metadata.Annotations.Without(AppsDefaults.TemplateGeneration) }
        : metadata;

    public ApiStruct TransformBookmark(ServedResource resource, ApiObject bookmark, ResponseFormat format, bool includeColumns)
    {
        switch (format.Transformation)
        {
            case Transformation.PartialObjectMetadata:
                return Partial(bookmark, format);
            case Transformation.Table:
                var table = new Table
                {
                    Kind = "Table",
                    ApiVersion = "meta.k8s.io/" + format.TransformationVersion,
                    Metadata = new ListMeta { ResourceVersion = bookmark.Metadata.ResourceVersion },
                    ColumnDefinitions = printer.Columns(resource),
                    Rows = [new TableRow { Cells = printer.Cells(resource, bookmark, time.GetUtcNow()).Select(RawJson.Of).ToApiList(), Object = RawJson.Of(Partial(bookmark, format)) }],
                };
                if (!includeColumns)
                {
                    table.Slots[Api.Meta.V1.Table.Fields.ColumnDefinitions] = null;
                }

                return table;
            default:
                return bookmark;
        }
    }
}
