using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Apply;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>
/// Creates, changes and deletes objects by the rules of their resources: the part of a request's life between decoding and answering
/// (DESIGN section 6), the same for every front. Reads go to the store's snapshots directly.
/// </summary>
/// <remarks>Refusals are <see cref="ApiException"/>s. Objects passed in belong to the store; objects given out are shared.</remarks>
internal sealed class ObjectStore(
    IStore store,
    ObjectCodec codec,
    AdmissionChain admission,
    IObjectConverter converter,
    IReadOnlyDictionary<string, ICommitHook> hooks,
    ObjectNames names)
{
    private const int GenerateNameAttempts = 8;
    private const int UpdateAttempts = 50;

    /// <summary>Whether a value is to be written although it does not change, since its stored form is outdated: sealed with an earlier key.</summary>
    public Func<StoreKey, bool> MustRewrite { get; init; } = static _ => false;

    /// <summary>Finds the namespaces whose labels some kinds' rules look at.</summary>
    public Func<string, Api.Core.V1.Namespace?> Namespaces { get; init; } = static _ => null;

    public IStore Store => store;

    public ObjectCodec Codec => codec;

    public IObjectConverter Converter => converter;

    /// <summary>The stored value of an object.</summary>
    /// <exception cref="ApiException">NotFound.</exception>
    public StoredValue Get(ServedResource resource, string ns, string name) =>
        store.Snapshot(resource.Collection).Find(resource.KeyOf(ns, name)) ?? throw Errors.NotFound(resource.Group, resource.Info.Resource, name);

    public StoredValue? Find(ServedResource resource, string ns, string name) => store.Snapshot(resource.Collection).Find(resource.KeyOf(ns, name));

    /// <summary>Creates an object that was decoded and defaulted in the served version.</summary>
    /// <param name="apply">Made by server-side apply: its managedFields are there already.</param>
    public ValueTask<WriteResult> CreateAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken, bool apply = false)
    {
        // What only the server sets, and no request owns.
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        metadata.Slots[ObjectMeta.Fields.DeletionTimestamp] = null;
        metadata.Slots[ObjectMeta.Fields.DeletionGracePeriodSeconds] = null;
        metadata.Slots[ObjectMeta.Fields.SelfLink] = null;
        metadata.Slots[ObjectMeta.Fields.Uid] = null;
        metadata.Slots[ObjectMeta.Fields.CreationTimestamp] = null;
        return InsertAsync(scope, obj, apply, byUpdate: false, cancellationToken);
    }

    private async ValueTask<WriteResult> InsertAsync(RequestScope scope, ApiObject obj, bool apply, bool byUpdate, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var info = resource.Info;
        WriteRules.SetKind(resource, obj);
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        WriteRules.CheckNamespace(scope, metadata);
        if (resource.Definition is { IsTerminating: true })
        {
            throw Errors.Forbidden(info.Group, info.Resource, metadata.Name, "create not allowed while custom resource definition is terminating");
        }

        if (!apply)
        {
            OwnerReferences.Deduplicate(scope, obj, afterAdmission: false);
            FieldOwnership.OnCreate(scope, obj);
        }

        var generate = metadata.Name.Length == 0 && metadata.GenerateName.Length > 0;
        for (var attempt = 1; ; attempt++)
        {
            // A second attempt follows a collision of a generated name, and starts from what the first one was given.
            var candidate = generate && attempt < GenerateNameAttempts ? obj.DeepCopy() : obj;
            var (result, exists) = await TryCreateAsync(scope, candidate, byUpdate, cancellationToken);
            if (!exists)
            {
                return result;
            }

            if (!generate || attempt >= GenerateNameAttempts)
            {
                throw AlreadyExists(scope, generate ? candidate.Metadata.Name : metadata.Name);
            }
        }
    }

    /// <summary>Tells whether what is in the way is about to go.</summary>
    private ApiException AlreadyExists(RequestScope scope, string name)
    {
        var exists = Errors.AlreadyExists(scope.Resource.Group, scope.Resource.Info.Resource, name);
        return Find(scope.Resource, scope.Namespace, name) is { } present && codec.Stored(present).Metadata.DeletionTimestamp is not null
            ? new ApiException(exists.Status with { Message = "object is being deleted: " + exists.Status.Message })
            : exists;
    }

    /// <summary>What comes before a POST that stores nothing of its own (a review, a token request, a binding): the namespace's rules, and admission.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="obj">Its body; belongs to the request.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async ValueTask AdmitAsync(RequestScope scope, ApiObject obj, CancellationToken cancellationToken)
    {
        WriteRules.CheckNamespace(scope, obj.Own<ObjectMeta>(ApiObject.MetadataSlot));

        // Only what is answered shows who set which field; bindings and evictions, which schedulers make by the thousand, are not.
        if (obj is not (Api.Core.V1.Binding or Api.Policy.V1.Eviction))
        {
            ManagedFields.OnCreate(obj, FieldOwnership.Context(scope, scope.FieldManager) with
            {
                ApiVersion = obj.ApiVersion, Type = ApplyTypes.Of(obj.TypeSchema), Versions = null,
            });
        }

        var run = AdmissionRun.Begin(admission, scope, AdmissionOperation.Create, obj, null);
        await run.MutateAsync(cancellationToken);
        await run.ValidateAsync(obj, cancellationToken);
    }

    /// <summary>Lets mutating admission see, and change, what a request makes of the view that a subresource gives of an object (its Scale).</summary>
    /// <param name="scope">The request.</param>
    /// <param name="obj">The wanted view; belongs to the request.</param>
    /// <param name="old">The present view.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask AdmitUpdateAsync(RequestScope scope, ApiObject obj, ApiObject old, CancellationToken cancellationToken) =>
        AdmissionRun.Begin(admission, scope, AdmissionOperation.Update, obj, old).MutateAsync(cancellationToken);

    /// <summary>Changes an object by a function of what is stored, which is asked again when another writer came first.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="change">From the stored object (in the served version, shared) to the new one (owned by the store).</param>
    /// <param name="create">Makes the object when it is missing; null to answer NotFound.</param>
    /// <param name="kind">What the change is.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="view">What the request's subresource shows of an object, which is what validating admission judges; the change has asked
    /// mutating admission itself (<see cref="AdmitUpdateAsync"/>). Null where the object itself is shown.</param>
    public async ValueTask<WriteResult> UpdateAsync(
        RequestScope scope,
        Func<ApiObject, CancellationToken, ValueTask<ApiObject>> change,
        Func<CancellationToken, ValueTask<ApiObject>>? create,
        WriteKind kind,
        CancellationToken cancellationToken,
        Func<ApiObject, ApiObject>? view = null)
    {
        var resource = scope.Resource;
        for (var attempt = 1; ; attempt++)
        {
            var current = Find(resource, scope.Namespace, scope.Name);
            if (current is null)
            {
                if (create is null)
                {
                    throw Errors.NotFound(resource.Group, resource.Info.Resource, scope.Name);
                }

                var obj = await create(cancellationToken);
                if (obj.Metadata.Uid.Length > 0)
                {
                    throw kind == WriteKind.Apply
                        ? Errors.Conflict(
                            resource.Group, resource.Info.Resource, scope.Name, $"uid mismatch: the provided object specified uid {obj.Metadata.Uid}, and no existing object was found")
                        : WriteRules.PreconditionFailed(resource, scope.Namespace, scope.Name, "UID", obj.Metadata.Uid, "");
                }

                return await InsertAsync(scope, obj, kind == WriteKind.Apply, byUpdate: true, cancellationToken);
            }

            var (result, lost) = await TryUpdateAsync(scope, current, change, kind, view, cancellationToken);
            if (!lost)
            {
                return result;
            }

            if (attempt >= UpdateAttempts)
            {
                throw Errors.Stale(resource.Group, resource.Info.Resource, scope.Name);
            }
        }
    }

    /// <summary>Deletes an object, or marks it for deletion when its kind or its finalizers want time.</summary>
    /// <param name="scope">The request.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="admitted">Admission has been asked already, about what led to this.</param>
    /// <returns>The object as it is left, and whether it is gone.</returns>
    public async ValueTask<(ApiObject Object, StoredValue? Marked, bool Gone)> DeleteAsync(
        RequestScope scope, DeleteRequest request, CancellationToken cancellationToken, bool admitted = false)
    {
        var resource = scope.Resource;
        scope.Deletion = request;
        for (var attempt = 1; ; attempt++)
        {
            var current = Get(resource, scope.Namespace, scope.Name);
            var old = codec.Read(current);
            DeletionRules.CheckPreconditions(scope, request, old);
            if (!admitted)
            {
                var run = AdmissionRun.Begin(admission, scope, AdmissionOperation.Delete, null, old);
                await run.MutateAsync(cancellationToken);
                await run.ValidateAsync(null, cancellationToken);
            }

            var marked = DeletionRules.Mark(scope, request, old);
            if (ReferenceEquals(marked, old))
            {
                return (old, current, false);
            }

            // A kind that ends gracefully is marked even when nothing is waited for: those who watch it see that before it goes.
            var goes = marked is null || DeletionRules.IsOver(marked, resource.Strategy);
            if (scope.DryRun)
            {
                return (marked ?? old, null, goes);
            }

            var key = new StoreKey(resource.Collection, current.Name);
            if (marked is not null)
            {
                var payload = ObjectCodec.Encode(marked);
                var written = await CommitAsync(Operation.Replace(key, current.ModRevision, payload, marked), cancellationToken);
                if (written.IsCommitted && !goes)
                {
                    return (codec.Read(written.Value!), written.Value, false);
                }

                (current, old) = written.IsCommitted ? (written.Value!, codec.Read(written.Value!)) : (null!, old);
            }

            if (current is not null)
            {
                var removed = await RemoveAsync(scope, key, current, old, cancellationToken);
                if (removed.IsCommitted)
                {
                    return (old, null, true);
                }
            }

            if (attempt >= UpdateAttempts)
            {
                throw Errors.Stale(resource.Group, resource.Info.Resource, scope.Name);
            }
        }
    }

    /// <summary>Changes an object as the server itself sees fit (binding, scale's bookkeeping): admission is asked, the resource's update rules are not.</summary>
    /// <param name="scope">The request; its subresource is what admission and managedFields see.</param>
    /// <param name="change">From the stored object (shared) to a copy of it, or itself for no change; may refuse with an ApiException.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async ValueTask<StoredValue> AssignAsync(RequestScope scope, Func<ApiObject, ApiObject> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var current = Get(scope.Resource, scope.Namespace, scope.Name);
            var old = codec.Read(current);
            var obj = change(old);
            if (obj.Equals(old))
            {
                return current;
            }

            if (scope.DryRun)
            {
                return current;
            }

            var payload = ObjectCodec.Encode(obj);
            var operation = Operation.Replace(new StoreKey(scope.Resource.Collection, current.Name), current.ModRevision, payload, obj);
            var result = await CommitAsync(operation, cancellationToken);
            if (result.IsCommitted)
            {
                return result.Value!;
            }

            if (attempt >= UpdateAttempts)
            {
                throw Errors.Stale(scope.Resource.Group, scope.Resource.Info.Resource, scope.Name);
            }
        }
    }

    private async ValueTask<(WriteResult Result, bool Exists)> TryCreateAsync(RequestScope scope, ApiObject served, bool byUpdate, CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var run = AdmissionRun.Begin(admission, scope, AdmissionOperation.Create, served, null);
        var committed = false;
        ICommitReservation? reservation = null;
        try
        {
            await run.MutateAsync(cancellationToken);
            WriteRules.CheckNamespace(scope, served.Own<ObjectMeta>(ApiObject.MetadataSlot));
            OwnerReferences.Deduplicate(scope, served, afterAdmission: true);

            // The rules of custom resources are those of the version that the request speaks.
            var obj = resource.IsCustom ? served : await converter.ToStoredAsync(resource, served, cancellationToken);
            if (!resource.IsCustom)
            {
                obj.Slots[ApiObject.KindSlot] = resource.StorageKind;
                obj.Slots[ApiObject.ApiVersionSlot] = resource.StorageApiVersion;
            }

            var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);

            // 1. What only the server sets.
            metadata.Slots[ObjectMeta.Fields.DeletionTimestamp] = null;
            metadata.Slots[ObjectMeta.Fields.DeletionGracePeriodSeconds] = null;
            metadata.Slots[ObjectMeta.Fields.SelfLink] = null;
            metadata.Slots[ObjectMeta.Fields.Uid] = Guid.NewGuid().ToString();
            metadata.Slots[ObjectMeta.Fields.CreationTimestamp] = scope.Time.NowSeconds();
            if (metadata.Name.Length == 0 && metadata.GenerateName.Length > 0)
            {
                metadata.Slots[ObjectMeta.Fields.Name] = names.Generate(metadata.GenerateName);
            }

            var givenVersion = metadata.ResourceVersion;
            reservation = await ReserveAsync(scope, obj, null, cancellationToken);

            // 2. What the resource's rules say.
            var strategy = resource.Strategy;
            var context = scope.StrategyContext();
            strategy.PrepareForCreate(obj, context);
            var errors = new FieldErrorList();
            strategy.ValidateSurroundings(obj, null, Namespaces, errors);
            strategy.Validate(obj, errors);
            if (Errors.Invalid(resource.Group, obj.Kind, metadata.Name, errors) is { } invalid)
            {
                scope.Warnings.AddRange(context.Warnings);
                throw invalid;
            }

            strategy.Warnings(obj, null, context);
            scope.Warnings.AddRange(context.Warnings);
            strategy.Canonicalize(obj);
            await run.ValidateAsync(obj, cancellationToken);
            if (resource.IsCustom)
            {
                obj = await converter.ToStoredAsync(resource, obj, cancellationToken);
                metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
            }

            // 3. The commit.
            var key = new StoreKey(resource.Collection, resource.KeyOf(metadata.Namespace, metadata.Name));
            if (scope.DryRun)
            {
                return store.Snapshot(key.Collection).Find(key.Name) is null ? (WriteResult.Virtual(obj, created: true), false) : (default, true);
            }

            if (!byUpdate && long.TryParse(givenVersion, out var version) && version != 0)
            {
                throw Errors.Make(500, "", "resourceVersion should not be set on objects to be created", null);
            }

            var payload = ObjectCodec.Encode(obj);
            var result = await CommitAsync(Operation.Create(key, payload, obj), cancellationToken);
            committed = result.IsCommitted;
            return committed ? (WriteResult.Stored(result.Value!, created: true), false) : (default, true);
        }
        finally
        {
            reservation?.Complete(committed);
        }
    }

    private async ValueTask<(WriteResult Result, bool Lost)> TryUpdateAsync(
        RequestScope scope,
        StoredValue current,
        Func<ApiObject, CancellationToken, ValueTask<ApiObject>> change,
        WriteKind kind,
        Func<ApiObject, ApiObject>? view,
        CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var info = resource.Info;
        var old = codec.Read(current);
        var oldServed = await converter.ToServedAsync(resource, old, cancellationToken);
        var served = await change(oldServed, cancellationToken);
        WriteRules.SetKind(resource, served);
        var servedMetadata = served.Own<ObjectMeta>(ApiObject.MetadataSlot);
        WriteRules.CheckNamespace(scope, servedMetadata);
        var strategy = scope.Subresource.Length > 0 && resource.SubresourceStrategies.TryGetValue(scope.Subresource, out var own) ? own : resource.Strategy;
        WriteRules.CheckVersion(scope, servedMetadata, old.Metadata, strategy, kind);
        if (kind == WriteKind.Update)
        {
            OwnerReferences.Deduplicate(scope, served, afterAdmission: false);
        }

        if (kind != WriteKind.Apply)
        {
            FieldOwnership.OnUpdate(scope, served, oldServed);
        }

        var run = AdmissionRun.Begin(admission, scope, AdmissionOperation.Update, served, view is null ? oldServed : view(oldServed), view);
        var committed = false;
        ICommitReservation? reservation = null;
        try
        {
            if (view is null)
            {
                await run.MutateAsync(cancellationToken);
                WriteRules.CheckNamespace(scope, served.Own<ObjectMeta>(ApiObject.MetadataSlot));
            }

            OwnerReferences.Deduplicate(scope, served, afterAdmission: true);
            var obj = resource.IsCustom ? served : await converter.ToStoredAsync(resource, served, cancellationToken);
            var before = resource.IsCustom ? oldServed : old;
            var context = WriteRules.PrepareForUpdate(scope, strategy, obj, before);
            reservation = await ReserveAsync(scope, obj, before, cancellationToken);
            var (result, lost) = await ValidateAndCommitAsync(scope, strategy, context, run, current, obj, before, cancellationToken);
            committed = !lost && !scope.DryRun;
            return (result, lost);
        }
        finally
        {
            reservation?.Complete(committed);
        }
    }

    private async ValueTask<(WriteResult Result, bool Lost)> ValidateAndCommitAsync(
        RequestScope scope,
        ResourceStrategy strategy,
        StrategyContext context,
        AdmissionRun run,
        StoredValue current,
        ApiObject obj,
        ApiObject old,
        CancellationToken cancellationToken)
    {
        var resource = scope.Resource;
        var info = resource.Info;
        var metadata = obj.Metadata;
        var before = old.Metadata;
        var errors = new FieldErrorList();
        strategy.ValidateSurroundings(obj, old, Namespaces, errors);
        strategy.ValidateUpdate(obj, old, errors);
        scope.Warnings.AddRange(errors.Warnings);
        if (Errors.Invalid(resource.Group, obj.Kind, metadata.Name, errors) is { } invalid)
        {
            throw invalid;
        }

        strategy.Warnings(obj, old, context);
        scope.Warnings.AddRange(context.Warnings);
        strategy.Canonicalize(obj);
        await run.ValidateAsync(obj, cancellationToken);
        if (resource.IsCustom)
        {
            obj = await converter.ToStoredAsync(resource, obj, cancellationToken);
            obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
            metadata = obj.Metadata;
            old = codec.Read(current);
        }

        // The commit. The last finalizer of an object in deletion takes the object with it.
        var key = new StoreKey(resource.Collection, current.Name);
        if (metadata.DeletionTimestamp is not null && metadata.Finalizers.Count == 0 && metadata.DeletionGracePeriodSeconds is null or 0 && HoldsNothing(obj))
        {
            return await RemoveFinalizedAsync(scope, key, current, obj, old, cancellationToken);
        }

        metadata.Slots[ObjectMeta.Fields.ResourceVersion] = before.Slots[ObjectMeta.Fields.ResourceVersion];
        ManagedFields.IgnoreTimes(obj, old);
        if (obj.Equals(old) && !MustRewrite(key))
        {
            return (WriteResult.Stored(current, created: false), false);
        }

        if (scope.DryRun)
        {
            return (WriteResult.Virtual(obj, created: false), false);
        }

        var payload = ObjectCodec.Encode(obj);
        if (payload.Span.SequenceEqual(current.Payload.Span) && !MustRewrite(key))
        {
            // What differs is not stored: 5.0 and 5 in a custom object, an empty list and none where both are written as null.
            return (WriteResult.Stored(current, created: false), false);
        }

        var result = await CommitAsync(Operation.Replace(key, current.ModRevision, payload, obj), cancellationToken);
        if (result.IsCommitted)
        {
            return (WriteResult.Stored(result.Value!, created: false), false);
        }

        // Another writer came first. The next attempt looks at what he left: whoever named the version that he changes is refused there.
        return (default, true);
    }

    private async ValueTask<(WriteResult Result, bool Lost)> RemoveFinalizedAsync(
        RequestScope scope, StoreKey key, StoredValue current, ApiObject obj, ApiObject old, CancellationToken cancellationToken)
    {
        obj.Metadata.Slots[ObjectMeta.Fields.ResourceVersion] = current.ModRevision.ToString();
        if (scope.DryRun)
        {
            return (WriteResult.Virtual(obj, created: false), false);
        }

        var removed = await RemoveAsync(scope, key, current, old, cancellationToken);
        if (removed.IsCommitted)
        {
            return (WriteResult.Virtual(obj, created: false), false);
        }

        return (default, true);
    }

    /// <summary>Namespaces stay until spec.finalizers is empty as well.</summary>
    private static bool HoldsNothing(ApiObject obj) => obj is not Api.Core.V1.Namespace ns || ns.Spec.Finalizers.Count == 0;

    private async ValueTask<ICommitReservation?> ReserveAsync(RequestScope scope, ApiObject? obj, ApiObject? old, CancellationToken cancellationToken) =>
        hooks.TryGetValue(scope.Resource.Collection, out var hook) ? await hook.ReserveAsync(scope, obj, old, cancellationToken) : null;

    /// <summary>Removes an object, and then frees what it held.</summary>
    private async ValueTask<CommitResult> RemoveAsync(RequestScope scope, StoreKey key, StoredValue current, ApiObject old, CancellationToken cancellationToken)
    {
        var reservation = await ReserveAsync(scope, null, old, cancellationToken);
        var committed = false;
        try
        {
            var result = await CommitAsync(Operation.Delete(key, current.ModRevision), cancellationToken);
            committed = result.IsCommitted;
            return result;
        }
        finally
        {
            reservation?.Complete(committed);
        }
    }

    private async ValueTask<CommitResult> CommitAsync(Operation operation, CancellationToken cancellationToken)
    {
        try
        {
            return await store.CommitAsync(operation, cancellationToken);
        }
        catch (StoreUnavailableException unavailable)
        {
            throw Errors.Internal(unavailable.Message);
        }
    }
}
