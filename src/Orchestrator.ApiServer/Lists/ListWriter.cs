using System.Buffers;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Protobuf;
using Orchestrator.ApiServer.Codecs;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Printing;
using Orchestrator.ApiServer.Registry;
using Encoding = Orchestrator.ApiServer.Http.Encoding;

namespace Orchestrator.ApiServer.Lists;

/// <summary>Writes pages of lists; JSON by copying the stored bytes, chunk by chunk.</summary>
internal sealed class ListWriter(ObjectCodec codec, IObjectConverter converter, ObjectTransformer transformer)
{
    private static readonly ReadOnlyMemory<byte> Opening = "{"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> CommaOpening = ",{"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> Comma = ","u8.ToArray();
    private static readonly ReadOnlyMemory<byte> End = "]}\n"u8.ToArray();

    public async ValueTask WriteAsync(HttpContext context, ServedResource resource, ListPage page, ResponseFormat format, CancellationToken cancellationToken)
    {
        if (format is { Encoding: Encoding.Json, Transformation: Transformation.None, Pretty: false } && resource.ServesStoredForm)
        {
            await CopyAsync(context, resource, page, cancellationToken);
            return;
        }

        var objects = new List<ApiObject>(page.Items.Count);
        foreach (var value in page.Items)
        {
            objects.Add(await converter.ToServedAsync(resource, codec.Read(value), cancellationToken));
        }

        await WriteAsync(context, resource, Metadata(page), objects, [.. page.Items.Select(codec.Read)], format, cancellationToken);
    }

    /// <summary>Writes objects that may have no stored form.</summary>
    /// <param name="context">The request.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="metadata">Of the list.</param>
    /// <param name="objects">In the served version.</param>
    /// <param name="stored">The same as they are stored; null where they are not.</param>
    /// <param name="format">What was asked for.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async ValueTask WriteAsync(
        HttpContext context, ServedResource resource, ListMeta metadata, IReadOnlyList<ApiObject> objects, IReadOnlyList<ApiObject>? stored, ResponseFormat format, CancellationToken cancellationToken)
    {
        switch (format.Transformation)
        {
            case Transformation.Table:
                await Responses.WriteObjectAsync(context, 200, transformer.Table(context.Request, resource, objects, format, metadata, stored: stored), format, cancellationToken);
                return;
            case Transformation.PartialObjectMetadata:
                throw Errors.NotAcceptable($"you requested PartialObjectMetadata, but the requested object is a list ({ObjectTransformer.GoType(resource)}List)");
            case Transformation.PartialObjectMetadataList:
                var list = new PartialObjectMetadataList
                {
                    Kind = "PartialObjectMetadataList",
                    ApiVersion = "meta.k8s.io/" + format.TransformationVersion,
                    Metadata = metadata,
                    Items = objects.Select(o => ObjectTransformer.Partial(o, format)).ToApiList(),
                };
                if (objects.Count == 0)
                {
                    // Upstream's empty list of metadata is null.
                    list.Slots[PartialObjectMetadataList.Fields.Items] = null;
                }

                await Responses.WriteObjectAsync(context, 200, list, format, cancellationToken);
                return;
        }

        if (format.Encoding == Encoding.Protobuf)
        {
            var body = ApiProtobuf.WriteListEnvelope(resource.Info.ApiVersion, resource.Info.Kind + "List", metadata, objects);
            await Responses.WriteBytesAsync(context, 200, format.ContentType, body, cancellationToken);
            return;
        }

        var json = ToJson(resource, metadata, objects);
        if (format.Encoding == Encoding.Yaml)
        {
            await Responses.WriteBytesAsync(context, 200, format.ContentType, YamlText.FromJson(json), cancellationToken);
            return;
        }

        await Responses.WriteJsonAsync(context, 200, json, format.Pretty, cancellationToken);
    }

    public static ListMeta Metadata(ListPage page) => new()
    {
        ResourceVersion = page.Revision.ToString(),
        Continue = page.Continue,
        RemainingItemCount = page.RemainingItemCount,
    };

    private async ValueTask CopyAsync(HttpContext context, ServedResource resource, ListPage page, CancellationToken cancellationToken)
    {
        var output = Responses.Begin(context, 200, "application/json");
        var head = new ArrayBufferWriter<byte>(256);
        Head(head, resource, Metadata(page));
        var blocks = new BlockFiller(output);
        await blocks.WriteAsync(head.WrittenMemory, cancellationToken);

        // Items of built-in kinds leave out kind and apiVersion, which the list tells.
        var skip = resource.ItemPrefix.Length;
        var (first, next) = skip > 0 ? (Opening, CommaOpening) : (default, Comma);
        for (var i = 0; i < page.Items.Count; i++)
        {
            var value = page.Items[i];
            var json = ObjectCodec.JsonMemory(value);
            var hole = ObjectCodec.Hole(value);
            await blocks.WriteAsync(i > 0 ? next : first, cancellationToken);
            await blocks.WriteAsync(json[skip..hole], cancellationToken);
            await blocks.WriteAsync(value.ModRevision.Value, cancellationToken);
            await blocks.WriteAsync(json[hole..], cancellationToken);
        }

        await blocks.WriteAsync(End, cancellationToken);
        blocks.Advance();
    }

    private static byte[] ToJson(ServedResource resource, ListMeta metadata, IReadOnlyList<ApiObject> objects)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        if (resource.IsCustom)
        {
            CustomHead(buffer, resource);
        }
        else
        {
            Head(buffer, resource, metadata);
        }

        for (var i = 0; i < objects.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            ApiJson.Write(resource.IsCustom ? objects[i] : objects[i] with { Kind = "", ApiVersion = "" }, buffer);
        }

        if (resource.IsCustom)
        {
            CustomTail(buffer, resource, metadata);
        }
        else
        {
            buffer.Write("]}"u8);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Lists of custom resources are maps to upstream: sorted keys, and a continue even when there is none.</summary>
    private static void CustomHead(IBufferWriter<byte> output, ServedResource resource) =>
        output.Write(System.Text.Encoding.UTF8.GetBytes($"{{\"apiVersion\":\"{resource.Info.ApiVersion}\",\"items\":["));

    private static void CustomTail(IBufferWriter<byte> output, ServedResource resource, ListMeta metadata)
    {
        var map = new ApiMap<object?>();
        map.SetSlot("continue", metadata.Continue);
        map.SetSlot("resourceVersion", metadata.ResourceVersion);
        if (metadata.RemainingItemCount is { } remaining)
        {
            map.SetSlot("remainingItemCount", remaining);
        }

        output.Write(System.Text.Encoding.UTF8.GetBytes($"],\"kind\":\"{resource.ListKind}\",\"metadata\":"));
        ApiJson.WriteValue(map, output);
        output.Write("}"u8);
    }

    private static void Head(IBufferWriter<byte> output, ServedResource resource, ListMeta metadata)
    {
        output.Write(System.Text.Encoding.UTF8.GetBytes($"{{\"kind\":\"{resource.ListKind}\",\"apiVersion\":\"{resource.Info.ApiVersion}\",\"metadata\":"));
        ApiJson.Write(metadata, output);
        output.Write(",\"items\":["u8);
    }
}
