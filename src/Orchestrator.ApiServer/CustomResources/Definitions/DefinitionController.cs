using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.ApiExtensions.V1;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.CustomResources.Conversion;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>
/// Makes resources of definitions: gives them their names, serves them, says so in their status, and when a definition is deleted, removes its objects
/// first and then the definition.
/// </summary>
/// <remarks>
/// Level-triggered: each pass reads all definitions and brings the registry and the statuses to what they ask for. What is established is served before
/// its status says so, so that nobody who waits for the condition comes too early.
/// </remarks>
internal sealed partial class DefinitionController(
    ObjectStore objects, ResourceRegistry registry, ConversionWebhookClient webhooks, TimeProvider time, ILogger<DefinitionController> logger) : IAsyncDisposable
{
    /// <summary>How soon objects that wait for their finalizers are looked at again.</summary>
    private static readonly TimeSpan CleanupPeriod = TimeSpan.FromSeconds(1);
    private static readonly UserInfo Server = new() { Name = "system:apiserver", Groups = ["system:masters"] };

    private readonly CancellationTokenSource _stop = new();
    private readonly ServedResource _definitions = registry.Find("apiextensions.k8s.io", "v1", "customresourcedefinitions")!;
    private Dictionary<string, CustomDefinition> _served = [];
    private Task _loop = Task.CompletedTask;

    /// <summary>The definitions whose names and resources are settled.</summary>
    public FollowUp FollowUp { get; } = new(time);

    /// <summary>Serves what is stored, and goes on following the store. When this returns, all established definitions are served.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        var watch = objects.Store.Watch(_definitions.Collection, WatchScope.All, objects.Store.Snapshot(_definitions.Collection).Revision);
        await PassAsync(cancellationToken);
        _loop = Task.Run(() => FollowAsync(watch), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task FollowAsync(IWatch watch)
    {
        var stopping = _stop.Token;
        try
        {
            Task<WatchBatch>? pending = null;
            while (true)
            {
                var waiting = await GuardedPassAsync(stopping);
                pending ??= watch.ReadAsync(stopping).AsTask();
                if (waiting && await Task.WhenAny(pending, Task.Delay(CleanupPeriod, time, stopping)) != pending)
                {
                    continue;
                }

                var batch = await pending;
                pending = null;
                if (batch.Status == WatchStatus.Closed)
                {
                    return;
                }

                if (batch.Status != WatchStatus.Events)
                {
                    watch.Dispose();
                    watch = objects.Store.Watch(_definitions.Collection, WatchScope.All, objects.Store.Snapshot(_definitions.Collection).Revision);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped.
        }
        finally
        {
            watch.Dispose();
        }
    }

    /// <summary>One pass; a failure is told and made up for by the next one.</summary>
    private async ValueTask<bool> GuardedPassAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await PassAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is ApiException or StoreException)
        {
            LogPassFailed(failure);
            return true;
        }
    }

    /// <summary>Brings everything in order; true if something waits for time to pass.</summary>
    private async ValueTask<bool> PassAsync(CancellationToken cancellationToken)
    {
        var stored = new List<CustomResourceDefinition>();
        var snapshot = objects.Store.Snapshot(_definitions.Collection);
        foreach (var value in snapshot)
        {
            stored.Add((CustomResourceDefinition)objects.Codec.Read(value));
        }

        // Who came first has its names.
        stored.Sort(static (a, b) =>
        {
            var order = Nullable.Compare(a.Metadata.CreationTimestamp, b.Metadata.CreationTimestamp);
            return order != 0 ? order : string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name);
        });
        var decided = Decide(stored);
        Publish(decided);
        var waiting = false;
        for (var i = 0; i < decided.Count; i++)
        {
            if (!ReferenceEquals(decided[i], stored[i]))
            {
                waiting |= !await TryAsync(decided[i], d => WriteStatusAsync(d, cancellationToken));
            }

            if (decided[i].Metadata.DeletionTimestamp is not null && decided[i].Metadata.Finalizers.Contains(DefinitionDeletion.Finalizer))
            {
                waiting |= !await TryAsync(decided[i], d => CleanUpAsync(d, cancellationToken));
            }
        }

        FollowUp.Reached(snapshot.Revision);
        return waiting;
    }

    /// <summary>The definitions with the statuses that they ought to have; the same instance where nothing changes.</summary>
    private List<CustomResourceDefinition> Decide(List<CustomResourceDefinition> stored)
    {
        var decided = new List<CustomResourceDefinition>(stored);
        var now = time.GetUtcNow();
        for (var i = 0; i < decided.Count; i++)
        {
            var definition = decided[i];
            var status = DefinitionNaming.Decide(definition, decided.Where(d => d.Spec.Group == definition.Spec.Group), now);
            if (!status.Equals(definition.Status))
            {
                decided[i] = definition with { Status = status };
            }
        }

        return decided;
    }

    private void Publish(List<CustomResourceDefinition> decided)
    {
        var served = new Dictionary<string, CustomDefinition>(decided.Count);
        var changed = false;
        foreach (var definition in decided)
        {
            if (!DefinitionConditions.IsTrue(definition, "Established"))
            {
                continue;
            }

            if (!_served.TryGetValue(definition.Metadata.Uid, out var known) || !IsSame(known.Source, definition))
            {
                known = new CustomDefinition(definition, webhooks);
                changed = true;
                LogServed(definition.Metadata.Name, known.Resources.Count);
            }

            served.Add(definition.Metadata.Uid, known);
        }

        if (changed || served.Count != _served.Count)
        {
            _served = served;
            registry.SetCustom(served.Values.SelectMany(static d => d.Resources));
        }
    }

    private static bool IsSame(CustomResourceDefinition left, CustomResourceDefinition right) =>
        left.Spec.Equals(right.Spec) && left.Status.AcceptedNames.Equals(right.Status.AcceptedNames)
        && (left.Metadata.DeletionTimestamp is null) == (right.Metadata.DeletionTimestamp is null);

    /// <summary>One definition's trouble must not stop the others.</summary>
    private async ValueTask<bool> TryAsync(CustomResourceDefinition definition, Func<CustomResourceDefinition, ValueTask<bool>> step)
    {
        try
        {
            return await step(definition);
        }
        catch (ApiException refused) when (refused.Status.Reason is "Conflict" or "NotFound")
        {
            // Somebody was faster; the event of it brings the next pass.
            return true;
        }
        catch (ApiException refused)
        {
            LogFailed(refused, definition.Metadata.Name);
            return false;
        }
    }

    private async ValueTask<bool> WriteStatusAsync(CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        await objects.UpdateAsync(
            Scope(definition.Metadata.Name, "status"), (_, _) => new(definition.DeepCopy()), create: null, WriteKind.Patch, cancellationToken);
        return true;
    }

    /// <summary>Deletes the objects of a definition that goes, and lets it go when there are none left; true if done.</summary>
    private async ValueTask<bool> CleanUpAsync(CustomResourceDefinition definition, CancellationToken cancellationToken)
    {
        var resource = (_served.GetValueOrDefault(definition.Metadata.Uid) ?? new CustomDefinition(definition, webhooks)).StorageResource;
        if (DefinitionConditions.IsTrue(definition, "Established"))
        {
            foreach (var value in objects.Store.Snapshot(resource.Collection))
            {
                var obj = objects.Codec.Stored(value);
                if (obj.Metadata.DeletionTimestamp is null)
                {
                    await DeleteAsync(resource, obj, cancellationToken);
                }
            }

            var left = objects.Store.Snapshot(resource.Collection).Count;
            if (left > 0)
            {
                LogWaiting(definition.Metadata.Name, left);
                return false;
            }
        }

        var now = time.GetUtcNow();
        await objects.UpdateAsync(
            Scope(definition.Metadata.Name, "status"),
            (current, _) =>
            {
                var status = ((CustomResourceDefinition)current).Status;
                return new(((CustomResourceDefinition)current with
                {
                    Status = status with { Conditions = DefinitionConditions.With(status.Conditions, "Terminating", false, "InstanceDeletionCompleted", "removed all instances", now) },
                }).DeepCopy());
            },
            create: null,
            WriteKind.Patch,
            cancellationToken);
        await objects.UpdateAsync(
            Scope(definition.Metadata.Name, ""),
            static (current, _) =>
            {
                var next = current.DeepCopy();
                next.Own<ObjectMeta>(ApiObject.MetadataSlot).Set(ObjectMeta.Fields.Finalizers, current.Metadata.Finalizers.Where(static f => f != DefinitionDeletion.Finalizer).ToApiList());
                return new(next);
            },
            create: null,
            WriteKind.Patch,
            cancellationToken);
        LogRemoved(definition.Metadata.Name);
        return true;
    }

    private async ValueTask DeleteAsync(ServedResource resource, ApiObject obj, CancellationToken cancellationToken)
    {
        var scope = new RequestScope { Resource = resource, Namespace = obj.Metadata.Namespace, Name = obj.Metadata.Name, User = Server, Time = time };
        try
        {
            await objects.DeleteAsync(scope, new DeleteRequest { PreconditionUid = obj.Metadata.Uid }, cancellationToken);
        }
        catch (ApiException gone) when (gone.Status.Reason is "NotFound" or "Conflict")
        {
            // Which is what was wanted; or made anew, which the next look shows.
        }
    }

    private RequestScope Scope(string name, string subresource) => new()
    {
        Resource = _definitions, Subresource = subresource, Name = name, User = Server, Time = time, FieldManager = "kube-apiserver",
    };

    [LoggerMessage(2301, LogLevel.Information, "Custom resource definition {Name} is served, in {Versions} versions")]
    private partial void LogServed(string name, int versions);

    [LoggerMessage(2302, LogLevel.Information, "Custom resource definition {Name} was removed with all its objects")]
    private partial void LogRemoved(string name);

    [LoggerMessage(2303, LogLevel.Debug, "Custom resource definition {Name} waits for {Left} objects to go")]
    private partial void LogWaiting(string name, int left);

    [LoggerMessage(2304, LogLevel.Warning, "Custom resource definition {Name} could not be brought up to date")]
    private partial void LogFailed(Exception failure, string name);

    [LoggerMessage(2305, LogLevel.Warning, "Custom resource definitions could not be brought up to date")]
    private partial void LogPassFailed(Exception failure);
}
