using Microsoft.AspNetCore.Http;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Watching;
using Orchestrator.Storage;
using ListOptions = Orchestrator.ApiServer.Lists.ListOptions;

namespace Orchestrator.ApiServer.Http;

/// <summary>What the verbs do: decode, let the registry act, and encode.</summary>
internal sealed class ResourceVerbs(ApiServices services)
{
    /// <summary>Kinds whose deletion answers with the object that went (upstream's ReturnDeletedObject).</summary>
    private static readonly HashSet<string> ReturnedWhenDeleted =
    [
        "pods", "services", "serviceaccounts", "podtemplates", "resourcequotas", "persistentvolumes", "persistentvolumeclaims", "storageclasses.storage.k8s.io",
        "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io", "csistoragecapacities.storage.k8s.io", "volumeattachments.storage.k8s.io", "volumeattributesclasses.storage.k8s.io",
        "deviceclasses.resource.k8s.io", "resourceclaims.resource.k8s.io", "resourceclaimtemplates.resource.k8s.io", "resourceslices.resource.k8s.io",
    ];

    /// <summary>Whether a deletion is answered with the object that went, and not with a Status.</summary>
    public static bool ReturnsDeleted(ResourceInfo resource) => ReturnedWhenDeleted.Contains(resource.GroupResource);

    /// <summary>Answers with an object.</summary>
    public async ValueTask GetAsync(HttpContext context, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Format(context, scope.Resource);
        if (context.Request.Query.TryGetValue("export", out var export) && QueryFlags.IsTrue(export))
        {
            throw Errors.BadRequest("the export parameter, deprecated since v1.14, is no longer supported");
        }

        var asked = QueryFlags.Text(context.Request.Query["resourceVersion"]);
        if (asked.Length > 0 && !ulong.TryParse(asked, out _))
        {
            var quoted = GoText.Quote(asked);
            throw Errors.Make(500, "", $"resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax", null);
        }

        if (services.Sources.TryGetValue(scope.Resource.Collection, out var source))
        {
            var made = (await source.ListAsync(cancellationToken)).FirstOrDefault(o => o.Metadata.Name == scope.Name)
                ?? throw Errors.NotFound(scope.Resource.Group, scope.Resource.Info.Singular, scope.Name);
            await WriteObjectAsync(context, 200, scope.Resource, made, format, cancellationToken);
            return;
        }

        var version = Lister.ParseVersion(asked);
        if (version > 0)
        {
            await services.Lister.WaitAsync(version, cancellationToken);
        }
        else if (asked.Length == 0)
        {
            // Other servers of an etcd cluster may have written since; the embedded store answers at once.
            await services.Watches.Store.SyncAsync(cancellationToken);
        }

        var value = services.Objects.Get(scope.Resource, scope.Namespace, scope.Name);
        await WriteValueAsync(context, 200, scope.Resource, value, format, cancellationToken);
    }

    /// <summary>Answers with a collection, or a page of it.</summary>
    public async ValueTask ListAsync(HttpContext context, ServedResource resource, string ns, CancellationToken cancellationToken)
    {
        var format = Format(context, resource);
        var options = ListOptions.Parse(context.Request.Query, resource, watch: false);
        if (services.Sources.TryGetValue(resource.Collection, out var source))
        {
            var made = (await source.ListAsync(cancellationToken)).Where(o => options.Selects(o, resource)).ToArray();
            await services.ListWriter.WriteAsync(context, resource, new ListMeta(), made, null, format, cancellationToken);
            return;
        }

        var page = await services.Lister.ListAsync(resource, ns, options, cancellationToken);
        await services.ListWriter.WriteAsync(context, resource, page, format, cancellationToken);
    }

    /// <summary>Follows a collection until the client or the time-out ends it.</summary>
    public async ValueTask WatchAsync(HttpContext context, ServedResource resource, RequestInfo info, CancellationToken cancellationToken)
    {
        var format = Format(context, resource);
        var options = ListOptions.Parse(context.Request.Query, resource, watch: true);
        if (info.Name.Length > 0)
        {
            options = options.ForName(info.Name);
        }

        if (format.Encoding == Encoding.Yaml)
        {
            throw Errors.NotAcceptable("only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
        }

        if (format.Transformation == Transformation.Table)
        {
            Printing.ObjectTransformer.CheckTableOptions(context.Request);
        }

        await using var socket = WatchSocket.Attach(context, isText: format.Encoding == Encoding.Json);
        await new WatchStream(context, resource, info.Namespace, options, format, services.Watches).RunAsync(cancellationToken);
    }

    /// <summary>Creates what the body says, or answers a review.</summary>
    public async ValueTask CreateAsync(HttpContext context, RequestScope scope, CancellationToken cancellationToken)
    {
        // Reviews and bindings are no rows of anything.
        var creator = services.Creators.GetValueOrDefault(scope.Resource.Collection);
        var format = creator is null ? Format(context, scope.Resource) : Negotiation.Response(context.Request, transformations: false);
        var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
        var info = scope.Resource.Info;
        var obj = BodyDecoder.Decode(scope, body, context.Request.ContentType ?? "", scope.Resource.Schema, info.ApiVersion, info.Kind);
        if (creator is not null)
        {
            // Reviews and bindings are answered, not stored.
            await services.Objects.AdmitAsync(scope, obj, cancellationToken);
            var answer = await creator.CreateAsync(scope, obj, cancellationToken);
            Responses.AddWarnings(context, scope.Warnings);
            await Responses.WriteObjectAsync(context, 201, answer, format, cancellationToken);
            return;
        }

        var result = await services.Objects.CreateAsync(scope, obj, cancellationToken);
        await WriteResultAsync(context, scope, result, format, cancellationToken);
    }

    /// <summary>Replaces an object, or makes it where its kind allows that.</summary>
    public async ValueTask UpdateAsync(HttpContext context, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Format(context, scope.Resource);
        var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
        var info = scope.Resource.Info;
        var obj = BodyDecoder.Decode(scope, body, context.Request.ContentType ?? "", scope.Resource.Schema, info.ApiVersion, info.Kind);
        CheckName(scope, obj);
        CheckPathName(scope.Name);
        var first = true;
        var result = await services.Objects.UpdateAsync(
            scope,
            (_, _) =>
            {
                // The first attempt may use up the decoded object; a further one needs it as it came.
                var mine = first ? obj : BodyDecoder.Decode(scope, body, context.Request.ContentType ?? "", scope.Resource.Schema, info.ApiVersion, info.Kind);
                first = false;
                return new(mine);
            },
            scope.Resource.Strategy.AllowCreateOnUpdate && scope.Subresource.Length == 0 ? _ => new(obj) : null,
            WriteKind.Update,
            cancellationToken);
        await WriteResultAsync(context, scope, result, format, cancellationToken);
    }

    /// <summary>Changes an object by a patch of any kind.</summary>
    public async ValueTask PatchAsync(HttpContext context, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Format(context, scope.Resource);
        var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
        scope.Audit?.Requested(body);
        var result = await services.Patcher.PatchAsync(
            scope, Patcher.MediaType(context.Request), body, QueryFlags.Flag(context.Request.Query["force"]), cancellationToken);
        await WriteResultAsync(context, scope, result, format, cancellationToken);
    }

    /// <summary>Deletes an object.</summary>
    public async ValueTask DeleteAsync(HttpContext context, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Format(context, scope.Resource);
        var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
        var (request, dryRun) = DeleteOptionsReader.Read(context.Request, body, scope.Audit);
        scope = scope.WithDryRun(dryRun ?? (body.Length == 0 && scope.DryRun));
        WarnOfOrphans(scope, request);
        if (scope.Resource.Strategy.Undeletable(scope.Name) is { } why)
        {
            throw Errors.Forbidden(scope.Resource.Group, scope.Resource.Info.Resource, scope.Name, why);
        }

        if (scope.Resource.Definition is { AsksWebhook: true })
        {
            await CheckConvertibleAsync(scope.Resource, services.Objects.Get(scope.Resource, scope.Namespace, scope.Name), cancellationToken);
        }

        var (obj, marked, gone) = await services.Objects.DeleteAsync(scope, request, cancellationToken);
        Responses.AddWarnings(context, scope.Warnings);
        if (gone && !ReturnsDeleted(scope.Resource.Info))
        {
            var success = Success(scope.Resource, obj);
            scope.Audit?.Outcome = success;
            await Responses.WriteObjectAsync(context, 200, success, format with { Transformation = Transformation.None }, cancellationToken);
            return;
        }

        var code = !gone && request.OrphanDependents == false ? 202 : 200;
        if (marked is not null)
        {
            await WriteValueAsync(context, code, scope.Resource, marked, format, cancellationToken);
            return;
        }

        var served = await services.Converter.ToServedAsync(scope.Resource, obj, cancellationToken);
        await WriteObjectAsync(context, code, scope.Resource, served, format, cancellationToken);
    }

    /// <summary>What cannot be shown in the version that is asked for cannot be deleted by it: nobody would know what it was.</summary>
    private async ValueTask CheckConvertibleAsync(ServedResource resource, StoredValue value, CancellationToken cancellationToken) =>
        await services.Converter.ToServedAsync(resource, services.Objects.Codec.Read(value), cancellationToken);

    /// <summary>Deletes what a selection finds.</summary>
    public async ValueTask DeleteCollectionAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        var format = Format(context, scope.Resource);
        var options = ListOptions.Parse(context.Request.Query, scope.Resource, watch: false);
        var body = await BodyReader.ReadAsync(context.Request, cancellationToken);
        var (request, dryRun) = DeleteOptionsReader.Read(context.Request, body, scope.Audit);
        var page = await services.Lister.ListAsync(scope.Resource, info.Namespace, options, cancellationToken);
        WarnOfOrphans(scope, request);
        if (scope.Resource.Definition is { AsksWebhook: true })
        {
            foreach (var item in page.Items)
            {
                await CheckConvertibleAsync(scope.Resource, item, cancellationToken);
            }
        }

        await services.Collections.RunAsync(page.Items, scope, dryRun ?? (body.Length == 0 && scope.DryRun), request, cancellationToken);
        Responses.AddWarnings(context, scope.Warnings);

        // The answer shows the objects as they were found.
        await services.ListWriter.WriteAsync(context, scope.Resource, page, format, cancellationToken);
    }

    /// <summary>Refuses names that are no part of a key in the store.</summary>
    public static void CheckPathName(string name)
    {
        if (name is "." or ".." || name.Contains('%', StringComparison.Ordinal))
        {
            var fault = name.Contains('%', StringComparison.Ordinal) ? "may not contain '%'" : $"may not be '{name}'";
            throw Errors.BadRequest($"Name parameter invalid: \"{name}\": {fault}");
        }
    }

    private static void CheckName(RequestScope scope, ApiObject obj)
    {
        var name = obj.Metadata.Name;
        if (name.Length == 0)
        {
            throw Errors.BadRequest($"the name of the object ({scope.Name} based on URL) was undeterminable: name must be provided");
        }

        if (name != scope.Name)
        {
            throw Errors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({scope.Name})");
        }
    }

    private static void WarnOfOrphans(RequestScope scope, DeleteRequest request)
    {
        if (scope.Resource.Strategy.OrphaningWarning is { } warning && request is { PropagationPolicy: null, OrphanDependents: null })
        {
            scope.Warnings.Add(warning);
        }
    }

    private async ValueTask WriteResultAsync(HttpContext context, RequestScope scope, WriteResult result, ResponseFormat format, CancellationToken cancellationToken)
    {
        Responses.AddWarnings(context, scope.Warnings);
        var code = result.Created ? 201 : 200;
        if (result.Value is not null)
        {
            if (services.FollowUps.TryGetValue(scope.Resource.Collection, out var followUp))
            {
                await followUp.WhenReachedAsync(result.Value.ModRevision, cancellationToken);
            }

            await WriteValueAsync(context, code, scope.Resource, result.Value, format, cancellationToken);
            return;
        }

        var served = await services.Converter.ToServedAsync(scope.Resource, result.Object!, cancellationToken);
        await WriteObjectAsync(context, code, scope.Resource, served, format, cancellationToken);
    }

    private ValueTask WriteObjectAsync(HttpContext context, int code, ServedResource resource, ApiObject served, ResponseFormat format, CancellationToken cancellationToken) =>
        Responses.WriteObjectAsync(context, code, services.Transformer.Transform(context.Request, resource, served, format), format, cancellationToken);

    private static Status Success(ServedResource resource, ApiObject obj) => new()
    {
        Kind = "Status",
        ApiVersion = "v1",
        StatusValue = "Success",
        Details = new StatusDetails { Name = obj.Metadata.Name, Group = resource.Group, Kind = resource.Info.Resource, Uid = obj.Metadata.Uid },
    };

    /// <summary>Writes a stored value in the format asked for: its own bytes when they fit.</summary>
    private ValueTask WriteValueAsync(HttpContext context, int code, ServedResource resource, StoredValue value, ResponseFormat format, CancellationToken cancellationToken)
    {
        if (format is { Encoding: Encoding.Json, Transformation: Transformation.None, Pretty: false } && resource.ServesStoredForm)
        {
            Responses.WriteStored(context, code, value);
            return default;
        }

        return WriteServedAsync(context, code, resource, value, format, cancellationToken);
    }

    private async ValueTask WriteServedAsync(HttpContext context, int code, ServedResource resource, StoredValue value, ResponseFormat format, CancellationToken cancellationToken)
    {
        var served = await services.Converter.ToServedAsync(resource, services.Codec.Read(value), cancellationToken);
        await WriteObjectAsync(context, code, resource, served, format, cancellationToken);
    }

    private static ResponseFormat Format(HttpContext context, ServedResource resource) => Negotiation.Response(context.Request, protobuf: !resource.IsCustom);
}
