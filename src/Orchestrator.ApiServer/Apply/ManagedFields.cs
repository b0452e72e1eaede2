using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;

namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// Keeps metadata.managedFields on creates, updates and patches. To be called on the decoded and defaulted object in the requested version, before
/// admission and before the resource's own rules: what they change belongs to nobody.
/// </summary>
internal static class ManagedFields
{
    /// <summary>Sets the managedFields of a new object, which must belong to the caller.</summary>
    public static void OnCreate(ApiObject obj, WriteContext context)
    {
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        if (metadata.Slots[ObjectMeta.Fields.ManagedFields] is ApiList<ManagedFieldsEntry> given)
        {
            // Somebody brings an object with its history (a restored backup): the slow way, which respects it.
            OnUpdate(obj, null, context, given);
            return;
        }

        RawJson? fields;
        try
        {
            fields = CreatedFields.Write(context.Type, obj, context.Reset);
        }
        catch (ApplyException)
        {
            // A list item without identity; upstream leaves such an object without managedFields too, and validation will have its say.
            fields = null;
        }

        if (fields is null)
        {
            return;
        }

        var entry = new ManagedFieldsEntry
        {
            Manager = NameOf(context),
            Operation = "Update",
            ApiVersion = context.ApiVersion,
            Time = ApiTime.Truncate(context.Now),
            FieldsType = "FieldsV1",
            FieldsV1 = fields,
            Subresource = context.Subresource,
        };
        metadata.Slots[ObjectMeta.Fields.ManagedFields] = new ApiList<ManagedFieldsEntry>([entry], 1);
    }

    /// <summary>Brings the managedFields of a changed object up to date; the object belongs to the caller, <paramref name="old"/> is shared.</summary>
    public static void OnUpdate(ApiObject obj, ApiObject old, WriteContext context)
    {
        var given = obj.Own<ObjectMeta>(ApiObject.MetadataSlot).Slots[ObjectMeta.Fields.ManagedFields] as ApiList<ManagedFieldsEntry>;
        OnUpdate(obj, old, context, given);
    }

    /// <summary>
    /// Takes back new times of entries when nothing else has changed, so that a write without effect stays without effect. Call it after admission,
    /// right before the object is compared with the old one; <paramref name="obj"/> belongs to the caller.
    /// </summary>
    public static void IgnoreTimes(ApiObject obj, ApiObject old)
    {
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        var (now, before) = (metadata.ManagedFields, old.Metadata.ManagedFields);
        if (now.Count == 0 || now.Count != before.Count || ReferenceEquals(now, before))
        {
            return;
        }

        for (var i = 0; i < now.Count; i++)
        {
            if (!ReferenceEquals(now[i], before[i]) && !(now[i] with { Time = null }).Equals(before[i] with { Time = null }))
            {
                return;
            }
        }

        metadata.Slots[ObjectMeta.Fields.ManagedFields] = before;
        if (!obj.Equals(old))
        {
            metadata.Slots[ObjectMeta.Fields.ManagedFields] = now;
        }
    }

    private static void OnUpdate(ApiObject obj, ApiObject? old, WriteContext context, ApiList<ManagedFieldsEntry>? given)
    {
        var metadata = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        var before = old?.Metadata.ManagedFields ?? ApiList<ManagedFieldsEntry>.Empty;
        metadata.Slots[ObjectMeta.Fields.ManagedFields] = null;
        var managers = Choose(given, before, context.Subresource.Length > 0) ?? (old is null ? new() : null);
        if (managers is null || (managers.IsEmpty && old is not null))
        {
            // Reset by the request, or not tracked since an earlier reset: nobody starts again but an apply.
            return;
        }

        var live = old ?? (ApiObject)obj.TypeSchema.Create();
        FieldDifference difference;
        try
        {
            difference = ValueComparer.Compare(context.Type, live, obj);
        }
        catch (ApplyException)
        {
            // Who owns what cannot be told of items without identity.
            return;
        }

        if (difference.IsNone && ReferenceEquals(managers.Source, before) && managers.All.All(m => m.ApiVersion == context.ApiVersion))
        {
            metadata.Slots[ObjectMeta.Fields.ManagedFields] = before.Count == 0 ? null : before;
            return;
        }

        try
        {
            Track(managers, live, obj, difference, NameOf(context), context);
        }
        catch (ApplyException)
        {
            // Who owns what can no longer be told.
            metadata.Slots[ObjectMeta.Fields.ManagedFields] = null;
            return;
        }

        managers.CapUpdaters();
        metadata.Slots[ObjectMeta.Fields.ManagedFields] = Entries(managers);
    }

    /// <summary>Gives the changed fields to a manager and takes them from all others.</summary>
    internal static void Track(FieldManagers managers, ApiObject live, ApiObject obj, FieldDifference difference, string name, WriteContext context)
    {
        var versions = new VersionedDifferences(live, obj, difference, context);
        managers.TakeFrom(null, versions.Lost);
        var self = new FieldManager(name, false, context.ApiVersion, context.Subresource, ApiTime.Truncate(context.Now));
        var taken = ResetFields.StripSystem(context.Reset.Filter(difference.Changed));
        if (!taken.IsEmpty)
        {
            managers.Put(self with { Set = managers.Find(self) is { } present ? taken.Union(present.Set) : taken });
        }
    }

    internal static ApiList<ManagedFieldsEntry>? Entries(FieldManagers managers) => managers.IsEmpty ? null : managers.ToEntries();

    internal static string NameOf(WriteContext context) => context.Manager.Length == 0 ? "unknown" : context.Manager;

    /// <summary>The entries to go on with: the request's if it brings valid ones, else the stored ones; null when the request empties them.</summary>
    private static FieldManagers? Choose(ApiList<ManagedFieldsEntry>? given, ApiList<ManagedFieldsEntry> before, bool isSubresource)
    {
        if (isSubresource || given is null || ReferenceEquals(given, before) || given.Equals(before))
        {
            return FieldManagers.ReadOrEmpty(before);
        }

        if (given.Count == 0 || (given.Count == 1 && given[0].IsZero))
        {
            return null;
        }

        try
        {
            return FieldManagers.Read(given);
        }
        catch (FormatException)
        {
            return FieldManagers.ReadOrEmpty(before);
        }
    }
}
