using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.Api.Selectors;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.CustomResources;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Subresources;

/// <summary>The scale subresource of the workloads: reads and sets spec.replicas through an autoscaling/v1 Scale.</summary>
internal sealed class ScaleHandler(ApiServices services) : ISubresourceHandler
{
    private const string ApiVersion = ScaleOwnership.ScaleVersion;
    private static readonly FieldSet SpecReplicas = FieldSet.OfPaths("spec.replicas");

    private static readonly ApiList<TableColumnDefinition> Columns =
    [
        new TableColumnDefinition { Name = "Name", Type = "string", Description = "Name of the scaled object." },
        new TableColumnDefinition { Name = "Desired", Type = "integer", Description = "Number of desired replicas." },
        new TableColumnDefinition { Name = "Available", Type = "integer", Description = "Number of observed replicas." },
        new TableColumnDefinition { Name = "Age", Type = "string", Description = "Time since the object was created." },
    ];

    private static readonly ApiList<TableColumnDefinition> CustomColumns =
    [
        new TableColumnDefinition { Name = "Name", Type = "string", Format = "name", Description = "Name of the scaled object." },
        new TableColumnDefinition { Name = "Desired", Type = "integer", Description = "Number of desired replicas" },
        new TableColumnDefinition { Name = "Available", Type = "integer", Description = "Number of actual replicas" },
        new TableColumnDefinition { Name = "Age", Type = "date", Description = "Time since the object was created." },
    ];

    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Negotiation.Response(context.Request, protobuf: !scope.Resource.IsCustom);
        switch (info.Verb)
        {
            case "get":
                var value = services.Objects.Get(scope.Resource, scope.Namespace, scope.Name);
                var shown = await services.Converter.ToServedAsync(scope.Resource, services.Codec.Read(value), cancellationToken);
                await WriteAsync(context, scope, ToScale(scope.Resource, shown, required: true), format, cancellationToken);
                return;
            case "update":
                var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
                var scale = Decode(scope, body, context.Request.ContentType ?? "");
                CheckName(scope, scale.Metadata);
                await WriteAsync(context, scope, await SetAsync(scope, _ => scale.DeepCopy(), WriteKind.Update, cancellationToken), format, cancellationToken);
                break;
            default:
                var patch = await BodyReader.ReadAsync(context.Request, cancellationToken);
                scope.Audit?.Requested(patch);
                var media = Patcher.MediaType(context.Request);
                var force = QueryFlags.Flag(context.Request.Query["force"]);
                var patched = await PatchAsync(scope, media, patch, force, cancellationToken);
                await WriteAsync(context, scope, patched, format, cancellationToken);
                break;
        }
    }

    /// <summary>Sets the replicas of the object behind a scale.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="change">From the present Scale (shared) to the wanted one, whose managedFields follow from the change.</param>
    /// <param name="kind">What the change is; an apply has brought the managedFields up to date itself.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async ValueTask<Scale> SetAsync(RequestScope scope, Func<Scale, Scale> change, WriteKind kind, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var result = await services.Objects.UpdateAsync(
            scope,
            async (current, token) =>
            {
                var replicas = resource.Custom is { Scale: { } paths } ? FieldSet.OfPaths(paths.SpecReplicasPath.TrimStart('.')) : SpecReplicas;
                var ownership = new ScaleOwnership(
                    current.Metadata.ManagedFields, resource.Info.ApiVersion, version => SameGroup(version, resource.Info.ApiVersion) ? replicas : null);
                var present = ToScale(resource, current);
                present.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.ManagedFields, ownership.ForScale());
                var scale = change(present);
                if (kind != WriteKind.Apply)
                {
                    ManagedFields.OnUpdate(scale, present, OwnershipContext(scope, scope.FieldManager));
                }

                await services.Objects.AdmitUpdateAsync(scope, scale, present, token);
                if (!resource.IsCustom)
                {
                    Validate(scope, scale);
                }

                if (scale.Metadata.Uid.Length > 0 && scale.Metadata.Uid != current.Metadata.Uid)
                {
                    throw kind == WriteKind.Update
                        ? WriteRules.PreconditionFailed(resource, scope.Namespace, scope.Name, "UID", scale.Metadata.Uid, current.Metadata.Uid)
                        : Errors.Conflict(
                            resource.Group,
                            resource.Info.Resource + "/scale",
                            scope.Name,
                            $"Precondition failed: UID in precondition: {scale.Metadata.Uid}, UID in object meta: {current.Metadata.Uid}");
                }

                var updated = (resource.Custom is { } custom ? CustomScale.With(custom, (CustomObject)current, scale.Spec.Replicas) : current).DeepCopy();
                var metadata = updated.Own<ObjectMeta>(ApiObject.MetadataSlot);
                if (!resource.IsCustom || scale.Metadata.ResourceVersion.Length > 0)
                {
                    metadata.Set(ObjectMeta.Fields.ResourceVersion, scale.Metadata.ResourceVersion);
                }

                metadata.Set(ObjectMeta.Fields.ManagedFields, ownership.FromScale(scale.Metadata.ManagedFields));
                if (resource.IsCustom)
                {
                    // Upstream tells no time of who scaled a custom resource.
                    metadata.Set(ObjectMeta.Fields.ManagedFields, metadata.ManagedFields.Select(static m => m.Subresource == "scale" ? m with { Time = null } : m).ToApiList());
                    return updated;
                }

                var specField = updated.TypeSchema.Find("spec")!;
                var spec = (ApiStruct)(updated.Slots[specField.Ordinal] ??= specField.Struct!.Create());
                spec.Slots[spec.TypeSchema.Find("replicas")!.Ordinal] = Boxed.Of(scale.Spec.Replicas);
                return updated;
            },
            create: null,
            WriteKind.Apply,
            cancellationToken,
            obj => ToScale(resource, obj));
        return ToScale(scope.Resource, await services.Converter.ToServedAsync(scope.Resource, result.Value is not null ? services.Codec.Read(result.Value) : result.Object!, cancellationToken));
    }

    /// <summary>The scale of an object in its served version.</summary>
    /// <exception cref="ApiException">500: a custom object has no replicas, and they are required.</exception>
    public static Scale ToScale(ServedResource resource, ApiObject obj, bool required = false) =>
        resource.Custom is { } version ? CustomScale.ToScale(version, (CustomObject)obj, required) : ToScale(obj);

    /// <summary>Upstream's handler of custom resources says of every body that is no Scale that it knows no Scale.</summary>
    private static Scale Decode(RequestScope scope, byte[] body, string contentType)
    {
        const string Scheme = "k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go:781";
        try
        {
            return (Scale)BodyDecoder.Decode(scope, body, contentType, Scale.ApiType, ApiVersion, "Scale");
        }
        catch (ApiException misfit) when (scope.Resource.IsCustom && misfit.Status.Code == 400)
        {
            throw Errors.BadRequest($"no kind is registered for the type v1.Scale in scheme \"{Scheme}\"");
        }
    }

    private static void CheckName(RequestScope scope, ObjectMeta metadata)
    {
        if (metadata.Name.Length == 0)
        {
            throw Errors.BadRequest($"the name of the object ({scope.Name} based on URL) was undeterminable: name must be provided");
        }

        if (metadata.Name != scope.Name)
        {
            throw Errors.BadRequest($"the name of the object ({metadata.Name}) does not match the name on the URL ({scope.Name})");
        }

        if (metadata.Namespace.Length > 0 && metadata.Namespace != scope.Namespace)
        {
            throw Errors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    /// <summary>Patches the Scale of an object.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="mediaType">The body's content type.</param>
    /// <param name="patch">The body.</param>
    /// <param name="force">The force parameter; only for apply.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<Scale> PatchAsync(RequestScope scope, string mediaType, byte[] patch, bool? force, CancellationToken cancellationToken) => SetAsync(
        scope,
        current => (Scale)services.Patcher.PatchDetached(scope, mediaType, patch, force, current, OwnershipContext(scope, scope.GivenFieldManager)),
        Patcher.KindOf(mediaType),
        cancellationToken);

    private static WriteContext OwnershipContext(RequestScope scope, string manager) => new()
    {
        Manager = manager,
        ApiVersion = ApiVersion,
        Subresource = scope.Subresource,
        Type = ApplyTypes.Of(Scale.ApiType),
        Now = scope.Time.GetUtcNow(),
    };

    private static bool SameGroup(string version, string other) => version.AsSpan(0, Math.Max(version.IndexOf('/', StringComparison.Ordinal), 0))
        .SequenceEqual(other.AsSpan(0, Math.Max(other.IndexOf('/', StringComparison.Ordinal), 0)));

    public static Scale ToScale(ApiObject obj)
    {
        var (selector, replicas, observed) = obj switch
        {
            Api.Core.V1.ReplicationController c => (LabelMatcher.FromMap(c.Spec.Selector), c.Spec.Replicas, c.Status.Replicas),
            Api.Apps.V1.Deployment d => (LabelMatcher.From(d.Spec.Selector), d.Spec.Replicas, d.Status.Replicas),
            Api.Apps.V1.ReplicaSet r => (LabelMatcher.From(r.Spec.Selector), r.Spec.Replicas, r.Status.Replicas),
            Api.Apps.V1.StatefulSet s => (LabelMatcher.From(s.Spec.Selector), s.Spec.Replicas, s.Status.Replicas),
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

    private ValueTask WriteAsync(HttpContext context, RequestScope scope, Scale scale, ResponseFormat format, CancellationToken cancellationToken)
    {
        Responses.AddWarnings(context, scope.Warnings);
        return Responses.WriteObjectAsync(
            context,
            200,
            format.Transformation switch
            {
                Transformation.Table => Table(context, scale, format, scope.Resource.IsCustom),
                Transformation.PartialObjectMetadata => Printing.ObjectTransformer.Partial(scale, format),
                Transformation.PartialObjectMetadataList =>
                    throw Errors.NotAcceptable("you requested PartialObjectMetadataList, but the requested object is not a list (*" + GoTypeName.Of(ApiVersion, "Scale") + ")"),
                _ => scale,
            },
            format,
            cancellationToken);
    }

    private Table Table(HttpContext context, Scale scale, ResponseFormat format, bool custom)
    {
        Printing.ObjectTransformer.CheckTableOptions(context.Request);
        object?[] cells = [scale.Metadata.Name, (long)scale.Spec.Replicas, (long)scale.Status.Replicas, Printing.Ages.Since(scale.Metadata.CreationTimestamp, services.Time.GetUtcNow())];
        return new Table
        {
            Kind = "Table",
            ApiVersion = "meta.k8s.io/" + format.TransformationVersion,
            Metadata = new ListMeta { ResourceVersion = scale.Metadata.ResourceVersion },
            ColumnDefinitions = custom ? CustomColumns : Columns,
            Rows =
            [
                new TableRow
                {
                    Cells = cells.Select(RawJson.Of).ToApiList(),
                    Object = QueryFlags.Text(context.Request.Query["includeObject"]) switch
                    {
                        "None" => null,
                        "Object" => RawJson.Of(scale),
                        _ => RawJson.Of(Printing.ObjectTransformer.Partial(scale, format)),
                    },
                },
            ],
        };
    }
}
