using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.Api.Autoscaling.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Aggregation;
using Orchestrator.ApiServer.Defaults;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Printing;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Subresources;
using Orchestrator.Client;
using Orchestrator.Storage;
using ListOptions = Orchestrator.Api.Meta.V1.ListOptions;

namespace Orchestrator.ApiServer.InProcess;

/// <summary>
/// The cluster for controllers in the server's own process: the same admission, validation and conflicts as over HTTP, without
/// encoding. Objects given out are the server's own, shared with everybody.
/// </summary>
/// <param name="services">The server.</param>
/// <param name="routes">What other servers answer.</param>
/// <param name="aggregated">Speaks to them.</param>
/// <param name="user">Who acts.</param>
/// <param name="fieldManager">Who owns what is set, if an option does not say otherwise.</param>
internal sealed class InProcessClusterClient(ApiServices services, AggregationRoutes routes, IClusterClient aggregated, UserInfo user, string fieldManager) : IClusterClient
{
    private static readonly ResponseFormat PartialFormat = new(Http.Encoding.Json, Transformation.PartialObjectMetadata, "v1", false);

    public ValueTask<ApiResult<T>> GetAsync<T>(ResourcePath path, GetOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => IsElsewhere(path.Resource)
        ? aggregated.GetAsync<T>(path, options, cancellationToken)
        : RunAsync<T>(async () =>
        {
            var resource = Resolve(path.Resource);
            var value = services.Objects.Get(resource, path.Namespace, path.Name);
            var obj = await services.Converter.ToServedAsync(resource, services.Codec.Read(value), cancellationToken);
            return path.Subresource == "scale" ? Show<T>(ScaleHandler.ToScale(resource, obj, required: true)) : Show<T>(obj);
        });

    public ValueTask<ApiResult<ObjectList<T>>> ListAsync<T>(ResourcePath collection, ListOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => IsElsewhere(collection.Resource)
        ? aggregated.ListAsync<T>(collection, options, cancellationToken)
        : RunAsync(async () =>
        {
            var resource = Resolve(collection.Resource);
            var page = await services.Lister.ListAsync(resource, collection.Namespace, Lists.ListOptions.From(options, resource, watch: false), cancellationToken);
            var items = new T[page.Items.Count];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = Show<T>(await services.Converter.ToServedAsync(resource, services.Codec.Read(page.Items[i]), cancellationToken));
            }

            return new ObjectList<T>(items, page.Revision.ToString(), page.Continue, page.RemainingItemCount);
        });

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourcePath collection, ListOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : ApiObject
    {
        if (IsElsewhere(collection.Resource))
        {
            await foreach (var change in aggregated.WatchAsync<T>(collection, options, cancellationToken))
            {
                yield return change;
            }

            yield break;
        }

        ServedResource? resource = null;
        Lists.ListOptions? selection = null;
        Status? refusal = null;
        try
        {
            resource = Resolve(collection.Resource);
            selection = Lists.ListOptions.From(options, resource, watch: true);
        }
        catch (ApiException error)
        {
            refusal = error.Status;
        }

        if (refusal is not null)
        {
            yield return new(WatchEventType.Error, null, "", refusal);
            yield break;
        }

        await foreach (var change in ChangesAsync<T>(resource!, collection.Namespace, selection!, cancellationToken))
        {
            yield return change;
        }
    }

    public ValueTask<ApiResult<T>> CreateAsync<T>(ResourcePath path, T body, CreateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => IsElsewhere(path.Resource)
        ? aggregated.CreateAsync(path, body, options, cancellationToken)
        : RunAsync<T>(async () =>
        {
            var resource = Resolve(path.Resource);
            var scope = Scope(resource, path, options?.FieldManager, options?.DryRun, options?.FieldValidation);
            var obj = Own(resource, body);
            var creator = path.Subresource.Length > 0 ? services.SubresourceCreators.GetValueOrDefault(resource.Collection + "/" + path.Subresource) : services.Creators.GetValueOrDefault(resource.Collection);
            if (creator is not null)
            {
                await services.Objects.AdmitAsync(scope, obj, cancellationToken);
                return await creator.CreateAsync(scope, obj, cancellationToken) is T answer ? answer : body;
            }

            return await ShowAsync<T>(resource, await services.Objects.CreateAsync(scope, obj, cancellationToken), cancellationToken);
        });

    /// <summary>A copy for the server to keep, with its defaults.</summary>
    private static ApiObject Own(ServedResource resource, ApiObject body)
    {
        var copy = body.DeepCopy();
        if (resource.Custom is { } version && copy is CustomObject custom)
        {
            return version.Default(version.Prune(custom, stored: false, unknown: null));
        }

        Defaulting.Apply(copy);
        return copy;
    }

    public ValueTask<ApiResult<T>> UpdateAsync<T>(ResourcePath path, T body, UpdateOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => IsElsewhere(path.Resource)
        ? aggregated.UpdateAsync(path, body, options, cancellationToken)
        : RunAsync<T>(async () =>
        {
            var resource = Resolve(path.Resource);
            var scope = Scope(resource, path, options?.FieldManager, options?.DryRun, options?.FieldValidation);
            if (path.Subresource == "scale" && body is Scale scale)
            {
                return Show<T>(await services.Scales.SetAsync(scope, _ => scale.DeepCopy(), WriteKind.Update, cancellationToken));
            }

            var result = await services.Objects.UpdateAsync(
                scope,
                (_, _) =>
                {
                    return new(Own(resource, body));
                },
                create: null,
                WriteKind.Update,
                cancellationToken);
            return await ShowAsync<T>(resource, result, cancellationToken);
        });

    public ValueTask<ApiResult<T>> PatchAsync<T>(ResourcePath path, Client.Patch patch, PatchOptions? options, CancellationToken cancellationToken)
        where T : ApiObject => IsElsewhere(path.Resource)
        ? aggregated.PatchAsync<T>(path, patch, options, cancellationToken)
        : RunAsync<T>(async () =>
        {
            var resource = Resolve(path.Resource);
            var scope = Scope(resource, path, options?.FieldManager, options?.DryRun, options?.FieldValidation);
            if (path.Subresource == "scale")
            {
                var scaled = await services.Scales.PatchAsync(scope, patch.ContentType, patch.Body.Utf8.ToArray(), options?.Force, cancellationToken);
                return Show<T>(scaled);
            }

            var result = await services.Patcher.PatchAsync(scope, patch.ContentType, patch.Body.Utf8.ToArray(), options?.Force, cancellationToken);
            return await ShowAsync<T>(resource, result, cancellationToken);
        });

    public ValueTask<ApiResult<ApiObject?>> DeleteAsync(ResourcePath path, DeleteOptions? options, CancellationToken cancellationToken) => IsElsewhere(path.Resource)
        ? aggregated.DeleteAsync(path, options, cancellationToken)
        : RunAsync(async () =>
    {
        var resource = Resolve(path.Resource);
        var scope = Scope(resource, path, null, options?.DryRun, null);
        var (obj, _, gone) = await services.Objects.DeleteAsync(scope, Request(options), cancellationToken);
        return gone ? null : (ApiObject?)await services.Converter.ToServedAsync(resource, obj, cancellationToken);
    });

    public async ValueTask<ApiResult> DeleteCollectionAsync(ResourcePath collection, DeleteOptions? options, ListOptions? selection, CancellationToken cancellationToken)
    {
        if (IsElsewhere(collection.Resource))
        {
            return await aggregated.DeleteCollectionAsync(collection, options, selection, cancellationToken);
        }

        var done = await RunAsync(async () =>
        {
            var resource = Resolve(collection.Resource);
            var scope = Scope(resource, collection, null, options?.DryRun, null);
            var page = await services.Lister.ListAsync(resource, collection.Namespace, Lists.ListOptions.From(selection, resource, watch: false), cancellationToken);
            await services.Collections.RunAsync(page.Items, scope, scope.DryRun, Request(options), cancellationToken);
            return true;
        });
        return done.Error is { } error ? error : ApiResult.Ok;
    }

    public ValueTask<ApiResult<DiscoveredResources>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var preferred = services.Registry.All
            .GroupBy(static r => r.Info.GroupResource)
            .Select(static g => g.OrderByDescending(static r => r.Info.Version, Discovery.KubeVersionComparer.Instance).First().Info)
            .ToList();
        var failed = new List<string>();
        var known = preferred.Select(static r => r.GroupResource).ToHashSet();
        foreach (var remote in routes.All.OrderByDescending(static v => v.Source.Spec.VersionPriority).ThenByDescending(static v => v.Version, Discovery.KubeVersionComparer.Instance))
        {
            if (remote is not { IsAvailable: true, Discovery: { } discovery })
            {
                failed.Add(remote.Group + "/" + remote.Version);
                continue;
            }

            preferred.AddRange(discovery.Resources.Select(r => DiscoveredResources.InfoOf(remote.Group, remote.Version, r)).Where(r => known.Add(r.GroupResource)));
        }

        return new(new DiscoveredResources(preferred, failed));
    }

    public ValueTask<ApiResult<byte[]>> GetRawAsync(string pathAndQuery, CancellationToken cancellationToken) => aggregated.GetRawAsync(pathAndQuery, cancellationToken);

    private async IAsyncEnumerable<WatchEvent<T>> ChangesAsync<T>(
        ServedResource resource, string ns, Lists.ListOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : ApiObject
    {
        var store = services.Objects.Store;
        var version = Lister.ParseVersion(options.ResourceVersion);
        var initial = options.SendInitialEvents ?? version == 0;
        var after = new Revision(version);
        if (initial)
        {
            var snapshot = store.Snapshot(resource.Collection);
            after = snapshot.Revision;
            foreach (var value in snapshot.Range(resource.Info.Namespaced && ns.Length > 0 ? ns + "/" : null))
            {
                if (services.Lister.Matches(resource, options, value))
                {
                    yield return await EventAsync<T>(WatchEventType.Added, resource, value, value.ModRevision, cancellationToken);
                }
            }

            if (options.SendInitialEvents == true)
            {
                yield return new(WatchEventType.Bookmark, null, after.ToString(), null, InitialEventsEnd: true);
            }
        }

        using var watch = store.Watch(resource.Collection, resource.Info.Namespaced && ns.Length > 0 ? WatchScope.Namespace(ns) : WatchScope.All, after);
        while (true)
        {
            var batch = await watch.ReadAsync(cancellationToken);
            if (batch.Status == WatchStatus.Closed)
            {
                yield break;
            }

            if (batch.Status != WatchStatus.Events)
            {
                yield return new(WatchEventType.Error, null, "", Errors.Expired($"too old resource version: {after}").Status);
                yield break;
            }

            for (var i = 0; i < batch.Events.Length; i++)
            {
                var change = batch.Events.Span[i];
                var matched = change.Kind != ChangeKind.Created && services.Lister.Matches(resource, options, change.Kind == ChangeKind.Deleted ? change.Value : change.Previous!);
                var matches = change.Kind != ChangeKind.Deleted && services.Lister.Matches(resource, options, change.Value);
                if (matches)
                {
                    yield return await EventAsync<T>(matched ? WatchEventType.Modified : WatchEventType.Added, resource, change.Value, change.Revision, cancellationToken);
                }
                else if (matched)
                {
                    var last = change.Kind == ChangeKind.Deleted ? change.Value : change.Previous!;
                    yield return await EventAsync<T>(WatchEventType.Deleted, resource, last, change.Revision, cancellationToken);
                }
            }
        }
    }

    private async ValueTask<WatchEvent<T>> EventAsync<T>(WatchEventType type, ServedResource resource, StoredValue value, Revision revision, CancellationToken cancellationToken)
        where T : ApiObject
    {
        var obj = services.Codec.Read(value);
        if (revision != value.ModRevision)
        {
            obj = obj with { Metadata = obj.Metadata with { ResourceVersion = revision.ToString() } };
        }

        return new(type, Show<T>(await services.Converter.ToServedAsync(resource, obj, cancellationToken)), revision.ToString());
    }

    private async ValueTask<T> ShowAsync<T>(ServedResource resource, WriteResult result, CancellationToken cancellationToken)
        where T : ApiObject
    {
        var obj = result.Value is not null ? services.Codec.Read(result.Value) : result.Object!;
        return Show<T>(await services.Converter.ToServedAsync(resource, obj, cancellationToken));
    }

    private static T Show<T>(ApiObject obj)
        where T : ApiObject => typeof(T) == typeof(PartialObjectMetadata) ? (T)(ApiObject)ObjectTransformer.Partial(obj, PartialFormat) : (T)obj;

    /// <summary>Whether another server has a resource; what nobody has, it does not know either.</summary>
    private bool IsElsewhere(ResourceInfo info) => services.Registry.Find(info.Group, info.Version, info.Resource) is null;

    private ServedResource Resolve(ResourceInfo info) =>
        services.Registry.Find(info.Group, info.Version, info.Resource) ?? throw ResourceEndpoint.NoSuchResource();

    private RequestScope Scope(ServedResource resource, ResourcePath path, string? manager, ApiList<string>? dryRun, string? validation) => new()
    {
        Resource = resource,
        Subresource = path.Subresource,
        Namespace = resource.Info.Namespaced ? path.Namespace : "",
        Name = path.Name,
        User = user,
        Time = services.Time,
        DryRun = dryRun is { Count: > 0 },
        FieldManager = manager is { Length: > 0 } ? manager : fieldManager,
        GivenFieldManager = manager ?? "",
        FieldValidation = validation is { Length: > 0 } ? validation : "Ignore",
    };

    private static DeleteRequest Request(DeleteOptions? options) => new()
    {
        GracePeriodSeconds = options?.GracePeriodSeconds,
        OrphanDependents = options?.OrphanDependents,
        PropagationPolicy = options?.PropagationPolicy,
        PreconditionUid = options?.Preconditions?.Uid,
        PreconditionResourceVersion = options?.Preconditions?.ResourceVersion,
    };

    private static async ValueTask<ApiResult<T>> RunAsync<T>(Func<ValueTask<T>> action)
    {
        try
        {
            return new ApiResult<T>(await action());
        }
        catch (ApiException refusal)
        {
            return new ApiResult<T>(refusal.Status);
        }
        catch (StoreException failure)
        {
            return new ApiResult<T>(Errors.Internal(failure.Message).Status);
        }
    }
}
