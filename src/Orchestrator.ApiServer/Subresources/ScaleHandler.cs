using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Validation;
using LabelSelector = Orchestrator.Api.Selectors.LabelSelector;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>The scale subresource of the workloads: reads and sets spec.replicas through an autoscaling/v1 Scale.</summary>
internal sealed class ScaleHandler(ApiServices services) : ISubresourceHandler
{
    private const string ApiVersion = "autoscaling/v1";

    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Negotiation.Response(context.Request);
        switch (info.Verb)
        {
            case "get":
                var value = services.Objects.Get(scope.Resource, scope.Namespace, scope.Name);
                await WriteAsync(context, 200, ToScale(services.Codec.Read(value)), format, cancellationToken);
                return;
            case "update":
                var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
                var scale = (Scale)BodyDecoder.Decode(scope, body, context.Request.ContentType ?? "", Scale.ApiType, ApiVersion, "Scale");
                if (scale.Metadata.Name.Length > 0 && scale.Metadata.Name != scope.Name)
                {
                    throw Errors.BadRequest($"the name of the object ({scale.Metadata.Name}) does not match the name on the URL ({scope.Name})");
                }

                await WriteAsync(context, 200, await SetAsync(scope, _ => scale, cancellationToken), format, cancellationToken);
                break;
            default:
                var patch = await BodyReader.ReadAsync(context.Request, cancellationToken);
                var media = BodyDecoder.MediaType(context.Request.ContentType ?? "");
                var force = QueryFlags.Flag(context.Request.Query["force"]);
                var patched = await SetAsync(scope, current => (Scale)services.Patcher.PatchDetached(scope, media, patch, force, current), cancellationToken);
                await WriteAsync(context, 200, patched, format, cancellationToken);
                break;
        }
    }

    /// <summary>Sets the replicas of the object behind a scale.</summary>
    public async ValueTask<Scale> SetAsync(RequestScope scope, Func<Scale, Scale> change, CancellationToken cancellationToken)
    {
        var result = await services.Objects.UpdateAsync(
            scope,
            (current, _) =>
            {
                var scale = change(ToScale(current));
                Validate(scope, scale);
                var updated = current.DeepCopy();
                var metadata = updated.Own<ObjectMeta>(ApiObject.MetadataSlot);
                metadata.Set(ObjectMeta.Fields.ResourceVersion, scale.Metadata.ResourceVersion);
                if (scale.Metadata.Uid.Length > 0 && scale.Metadata.Uid != current.Metadata.Uid)
                {
                    var given = scope.Resource.Info;
                    throw Errors.Conflict(
                        given.Group, given.Resource, scope.Name, $"Precondition failed: UID in precondition: {scale.Metadata.Uid}, UID in object meta: {current.Metadata.Uid}");
                }

                var specField = updated.TypeSchema.Find("spec")!;
                var spec = (ApiStruct)(updated.Slots[specField.Ordinal] ??= specField.Struct!.Create());
                spec.Slots[spec.TypeSchema.Find("replicas")!.Ordinal] = Boxed.Of(scale.Spec.Replicas);
                return new(updated);
            },
            create: null,
            apply: false,
            cancellationToken);
        return ToScale(result.Value is not null ? services.Codec.Read(result.Value) : result.Object!);
    }

    public static Scale ToScale(ApiObject obj)
    {
        var (selector, replicas, observed) = obj switch
        {
            Api.Core.V1.ReplicationController c => (LabelSelector.FromMap(c.Spec.Selector), c.Spec.Replicas, c.Status.Replicas),
            Api.Apps.V1.Deployment d => (LabelSelector.From(d.Spec.Selector), d.Spec.Replicas, d.Status.Replicas),
            Api.Apps.V1.ReplicaSet r => (LabelSelector.From(r.Spec.Selector), r.Spec.Replicas, r.Status.Replicas),
            Api.Apps.V1.StatefulSet s => (LabelSelector.From(s.Spec.Selector), s.Spec.Replicas, s.Status.Replicas),
            _ => throw new ArgumentException($"{obj.Kind} cannot be scaled.", nameof(obj)),
        };
        var metadata = obj.Metadata;
        return new Scale
        {
            Kind = "Scale",
            ApiVersion = ApiVersion,
            Metadata = new ObjectMeta
            {
                Name = metadata.Name,
                Namespace = metadata.Namespace,
                Uid = metadata.Uid,
                ResourceVersion = metadata.ResourceVersion,
                CreationTimestamp = metadata.CreationTimestamp,
            },
            Spec = new ScaleSpec { Replicas = replicas ?? 0 },
            Status = new ScaleStatus { Replicas = observed, Selector = selector.ToString() },
        };
    }

    private static void Validate(RequestScope scope, Scale scale)
    {
        var errors = new FieldErrorList();
        if (scale.Spec.Replicas < 0)
        {
            errors.Invalid(FieldPath.Spec.Child("replicas"), scale.Spec.Replicas, "must be greater than or equal to 0");
        }

        if (Errors.Invalid("autoscaling", "Scale", scope.Name, errors) is { } invalid)
        {
            throw invalid;
        }
    }

    private static ValueTask WriteAsync(HttpContext context, int code, Scale scale, ResponseFormat format, CancellationToken cancellationToken) =>
        Responses.WriteObjectAsync(
            context,
            code,
            format.Transformation == Transformation.PartialObjectMetadata ? Printing.ObjectTransformer.Partial(scale, format) : scale,
            format,
            cancellationToken);
}
