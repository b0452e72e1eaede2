using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>A subresource that is only posted to: decodes its kind and hands it to a creator.</summary>
internal sealed class CreatorHandler(ObjectStore objects, IObjectCreator creator, StructSchema schema, string apiVersion, string kind) : ISubresourceHandler
{
    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Negotiation.Response(context.Request, transformations: false);
        var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
        var obj = BodyDecoder.Decode(scope, body, context.Request.ContentType ?? "", schema, apiVersion, kind);
        obj.Slots[ApiObject.KindSlot] = kind;
        obj.Slots[ApiObject.ApiVersionSlot] = apiVersion;
        await objects.AdmitAsync(scope, obj, cancellationToken);
        var answer = await creator.CreateAsync(scope, obj, cancellationToken);
        Responses.AddWarnings(context, scope.Warnings);
        await Responses.WriteObjectAsync(context, 201, answer, format, cancellationToken);
    }
}
