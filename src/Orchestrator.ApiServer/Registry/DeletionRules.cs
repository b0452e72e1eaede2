using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.Registry;

/// <summary>What a delete request makes of an object: grace periods, finalizers, and what the request expects to find.</summary>
internal static class DeletionRules
{
    private const string OrphanFinalizer = "orphan";
    private const string ForegroundFinalizer = "foregroundDeletion";

    /// <summary>Refuses a request that means another object, or another version of it.</summary>
    public static void CheckPreconditions(RequestScope scope, DeleteRequest request, ApiObject old)
    {
        var info = scope.Resource.Info;
        if (request.PreconditionUid is { } uid && uid != old.Metadata.Uid)
        {
            throw Errors.Conflict(
                info.Group,
                info.Kind,
                scope.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({old.Metadata.Uid}). The object might have been deleted and then recreated");
        }

        if (request.PreconditionResourceVersion is { } version && version != old.Metadata.ResourceVersion)
        {
            throw Errors.Conflict(
                info.Group,
                info.Kind,
                scope.Name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({old.Metadata.ResourceVersion}). The object might have been modified");
        }
    }

    /// <summary>What a delete request makes of an object: a marked copy, the object itself (it waits already), or null (it goes now).</summary>
    public static ApiObject? Mark(RequestScope scope, DeleteRequest request, ApiObject old)
    {
        var strategy = scope.Resource.Strategy;
        if (strategy.MarkForDeletion(old, scope.Time) is { } own)
        {
            return own;
        }

        var metadata = old.Metadata;
        var finalizers = Finalizers(request, old, strategy);
        var requested = request.GracePeriodSeconds is < 0 ? 1 : request.GracePeriodSeconds;
        var grace = strategy.GracePeriod(old, requested);
        var waitsForNamespace = old is Api.Core.V1.Namespace { Spec.Finalizers.Count: > 0 };
        if (metadata.DeletionTimestamp is { } deletedAt)
        {
            // Already on its way: only a shorter grace period changes anything.
            var sameFinalizers = finalizers.Equals(metadata.Finalizers);
            if (grace is not null && requested is { } shorter && metadata.DeletionGracePeriodSeconds is { } present and > 0 && shorter < present)
            {
                return Marked(old, metadata.Finalizers, deletedAt.AddSeconds(shorter - present), shorter, raiseGeneration: false);
            }

            if (metadata.DeletionGracePeriodSeconds is > 0)
            {
                return old;
            }

            if (finalizers.Count == 0 && !waitsForNamespace)
            {
                return null;
            }

            return sameFinalizers ? old : Marked(old, finalizers, deletedAt, metadata.DeletionGracePeriodSeconds ?? 0, raiseGeneration: false);
        }

        if (grace is null && finalizers.Count == 0 && !waitsForNamespace)
        {
            return null;
        }

        var seconds = grace ?? 0;
        return Marked(old, finalizers, scope.Time.NowSeconds().AddSeconds(seconds), waitsForNamespace && grace is null ? null : seconds, raiseGeneration: true);
    }

    /// <summary>A marked object of a kind that ends gracefully, with nothing more to wait for.</summary>
    public static bool IsOver(ApiObject marked, ResourceStrategy strategy) =>
        marked.Metadata is { DeletionGracePeriodSeconds: 0, Finalizers.Count: 0 } && strategy.GracePeriod(marked, 0) is not null;

    private static ApiObject Marked(ApiObject old, ApiList<string> finalizers, DateTimeOffset at, long? graceSeconds, bool raiseGeneration)
    {
        var marked = old.DeepCopy();
        var metadata = marked.Own<ObjectMeta>(ApiObject.MetadataSlot);
        metadata.Set(ObjectMeta.Fields.Finalizers, finalizers);
        metadata.Slots[ObjectMeta.Fields.DeletionTimestamp] = ApiTime.Truncate(at);
        metadata.Set(ObjectMeta.Fields.DeletionGracePeriodSeconds, graceSeconds);
        if (raiseGeneration && metadata.Generation > 0)
        {
            metadata.Set(ObjectMeta.Fields.Generation, metadata.Generation + 1);
        }

        if (marked is Api.Core.V1.Namespace ns)
        {
            ns.Own<Api.Core.V1.NamespaceStatus>(Api.Core.V1.Namespace.Fields.Status).Set(Api.Core.V1.NamespaceStatus.Fields.Phase, "Terminating");
        }

        return marked;
    }

    /// <summary>The finalizers that garbage collection wants for how dependents are to be treated.</summary>
    private static ApiList<string> Finalizers(DeleteRequest request, ApiObject old, ResourceStrategy strategy)
    {
        var present = old.Metadata.Finalizers;
        if (strategy.DefaultDeletePropagation is null)
        {
            return present;
        }

        var orphan = request.OrphanDependents ?? request.PropagationPolicy switch
        {
            "Orphan" => true,
            "Background" or "Foreground" => false,
            _ => present.Contains(OrphanFinalizer) || (!present.Contains(ForegroundFinalizer) && strategy.DefaultDeletePropagation == "Orphan"),
        };
        var foreground = request.OrphanDependents is null && request.PropagationPolicy switch
        {
            "Foreground" => true,
            "Orphan" or "Background" => false,
            _ => present.Contains(ForegroundFinalizer),
        };
        if (orphan == present.Contains(OrphanFinalizer) && foreground == present.Contains(ForegroundFinalizer))
        {
            return present;
        }

        var kept = present.Where(static f => f is not (OrphanFinalizer or ForegroundFinalizer)).ToList();
        if (orphan)
        {
            kept.Add(OrphanFinalizer);
        }

        if (foreground)
        {
            kept.Add(ForegroundFinalizer);
        }

        return kept.ToApiList();
    }
}
