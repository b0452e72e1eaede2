using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Strategies;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Registry;

/// <summary>What holds for every object that is written, whatever its kind: its type, its namespace, its version, and what no update can change.</summary>
internal static class WriteRules
{
    /// <summary>Objects are of the kind that the path names; of a custom object the given kind stays, for its rules to refuse.</summary>
    public static void SetKind(ServedResource resource, ApiObject obj)
    {
        if (!resource.IsCustom || obj.Kind.Length == 0)
        {
            obj.Slots[ApiObject.KindSlot] = resource.Info.Kind;
        }

        obj.Slots[ApiObject.ApiVersionSlot] = resource.Info.ApiVersion;
    }

    /// <summary>Objects are of the namespace that the path names; those of the whole cluster have none.</summary>
    public static void CheckNamespace(RequestScope scope, ObjectMeta metadata)
    {
        if (!scope.Resource.Info.Namespaced)
        {
            metadata.Slots[ObjectMeta.Fields.Namespace] = null;
            return;
        }

        if (metadata.Namespace.Length == 0)
        {
            metadata.Slots[ObjectMeta.Fields.Namespace] = scope.Namespace;
        }
        else if (metadata.Namespace != scope.Namespace)
        {
            throw Errors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    /// <summary>Refuses a writer who names another version than the stored one.</summary>
    public static void CheckVersion(RequestScope scope, ObjectMeta metadata, ObjectMeta before, ResourceStrategy strategy, WriteKind kind)
    {
        var info = scope.Resource.Info;
        if (kind == WriteKind.Update && metadata.Uid.Length > 0 && metadata.Uid != before.Uid)
        {
            throw PreconditionFailed(scope.Resource, scope.Namespace, scope.Name, "UID", metadata.Uid, before.Uid);
        }

        var given = metadata.ResourceVersion;
        if (given.Length == 0 || given == "0")
        {
            if (!strategy.AllowUnconditionalUpdate)
            {
                var errors = new FieldErrorList();
                errors.Invalid(FieldPath.Metadata.Child("resourceVersion"), 0, "must be specified for an update");
                throw Errors.Invalid(info.Group, info.Resource, scope.Name, errors)!;
            }

            metadata.Slots[ObjectMeta.Fields.ResourceVersion] = before.Slots[ObjectMeta.Fields.ResourceVersion];
            return;
        }

        if (!ulong.TryParse(given, out _))
        {
            throw Errors.Make(500, "", $"strconv.ParseUint: parsing {Api.Json.GoText.Quote(given)}: invalid syntax", null);
        }

        if (given != before.ResourceVersion)
        {
            throw Errors.Stale(info.Group, info.Resource, scope.Name);
        }
    }

    /// <summary>What no update can change, and what the resource's own rules set.</summary>
    public static StrategyContext PrepareForUpdate(RequestScope scope, ResourceStrategy strategy, ApiObject obj, ApiObject old)
    {
        var resource = scope.Resource;
        if (!resource.IsCustom)
        {
            obj.Slots[ApiObject.KindSlot] = resource.StorageKind;
            obj.Slots[ApiObject.ApiVersionSlot] = resource.StorageApiVersion;
        }

        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        var before = old.Metadata;
        metadata.Slots[ObjectMeta.Fields.Generation] = before.Slots[ObjectMeta.Fields.Generation];
        metadata.Slots[ObjectMeta.Fields.SelfLink] = null;
        var context = scope.StrategyContext();
        strategy.PrepareForUpdate(obj, old, context);
        metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        metadata.Default(ObjectMeta.Fields.Uid, before.Uid);
        metadata.Slots[ObjectMeta.Fields.CreationTimestamp] = before.Slots[ObjectMeta.Fields.CreationTimestamp];
        if (before.DeletionTimestamp is not null)
        {
            metadata.Slots[ObjectMeta.Fields.DeletionTimestamp] = before.Slots[ObjectMeta.Fields.DeletionTimestamp];
        }

        if (before.DeletionGracePeriodSeconds is not null)
        {
            // A shorter grace period may be set; it is never taken back.
            metadata.Default(ObjectMeta.Fields.DeletionGracePeriodSeconds, before.DeletionGracePeriodSeconds);
        }

        return context;
    }

    /// <summary>A precondition of the store itself, in its words.</summary>
    public static ApiException PreconditionFailed(ServedResource resource, string ns, string name, string what, string wanted, string present) => Errors.Conflict(
        resource.Group,
        resource.Info.Resource,
        name,
        $"StorageError: invalid object, Code: 4, Key: {RegistryKey.Of(resource, ns, name)}, ResourceVersion: 0, AdditionalErrorMsg: "
        + $"Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {present}");
}
