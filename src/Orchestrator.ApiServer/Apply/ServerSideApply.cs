using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Json;
using Orchestrator.Api.Meta.V1;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Patch;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Server-side apply: merges a configuration into an object, field by field, with owners and conflicts.</summary>
internal static class ServerSideApply
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string Kubectl = "kubectl";
    private const string BeforeFirstApply = "before-first-apply";
    private const int AnnotationsMaxBytes = 256 * 1024;

    /// <summary>Applies a configuration.</summary>
    /// <param name="live">The object in the requested version; not changed. An object without uid when it is to be created.</param>
    /// <param name="config">The configuration's JSON tree.</param>
    /// <param name="kind">The kind that the request is for.</param>
    /// <param name="force">Take fields over instead of refusing with conflicts.</param>
    /// <param name="context">The write; its manager must not be empty.</param>
    /// <returns>The new object with its managedFields, not yet defaulted; belongs to the caller.</returns>
    /// <exception cref="ApiException">A conflict, a configuration of another kind, one that does not fit the type.</exception>
    public static ApiObject Apply(ApiObject live, IApiMap config, string kind, bool force, WriteContext context)
    {
        CheckKind(config, kind, context.ApiVersion);
        var managers = Decode(live);
        if (managers.IsEmpty && live.Metadata.Uid.Length > 0)
        {
            Claim(managers, live, kind, context);
        }

        var (result, lost) = TryApply(live, config, kind, force, managers, context);
        if (lost is not null && context.Manager == Kubectl && TryForgive(live, lost, context, out var left))
        {
            if (left.Count > 0)
            {
                throw ApplyConflicts.ToException(left);
            }

            managers = Decode(live);
            if (managers.IsEmpty && live.Metadata.Uid.Length > 0)
            {
                Claim(managers, live, kind, context);
            }

            (result, lost) = TryApply(live, config, kind, force: true, managers, context);
        }

        if (lost is not null)
        {
            throw ApplyConflicts.ToException(lost);
        }

        if (context.Manager == Kubectl)
        {
            RenewLastApplied(result!, config);
        }

        return result!;
    }

    private static (ApiObject? Result, List<FieldManager>? Conflicts) TryApply(
        ApiObject live, IApiMap config, string kind, bool force, FieldManagers managers, WriteContext context)
    {
        // 1. The configuration must be of this version and fit the type.
        if (config.TryGetSlot("metadata", out var metadata) && ValueTree.AsMap(metadata) is { } given
            && given.TryGetSlot("managedFields", out var history) && history is not null)
        {
            throw Errors.BadRequest("metadata.managedFields must be nil");
        }

        var name = ObjectName(config, kind, context.ApiVersion);
        if (ConfigValidator.Validate(context.Type, config) is { } faults)
        {
            throw Internal($"failed to create typed patch object ({name}): {faults}");
        }

        // 2. Merge, and take out what this manager applied last time, no longer applies, and nobody else owns.
        var bare = WithoutHistory(live);
        var self = new FieldManager(context.Manager, true, context.ApiVersion, context.Subresource, null);
        var last = managers.Find(self);
        var set = context.Reset.Filter(FieldSetOf.Value(context.Type, config));
        object? merged;
        FieldDifference difference;
        var own = self with { Set = set, Time = last?.Time };
        try
        {
            merged = ValueMerger.Merge(context.Type, bare, config);
            managers.Put(own);
            merged = FieldPruner.Prune(merged, bare, managers, last, context);
            difference = ValueComparer.Compare(context.Type, bare, merged);
        }
        catch (ApplyException misfit)
        {
            // The configuration has been checked; what does not fit is in the object that lives.
            throw Internal($"failed to create typed live object ({NameOf(live, kind, context)}): {Faults(bare, misfit, context)}");
        }

        // 3. Who loses fields by it?
        var (lostBy, conflicts) = Losses(bare, merged, difference, managers, own, context);
        if (!force && conflicts.Count > 0)
        {
            return (null, conflicts);
        }

        // Items in another order are no difference of fields, but they are one.
        var isSame = difference.IsNone && ValueTree.SameJson(bare, merged);
        managers.TakeFrom(own, lostBy);
        var stripped = ResetFields.StripSystem(set);
        if (stripped.IsEmpty)
        {
            managers.Remove(own);
        }
        else
        {
            // An apply that changes nothing leaves the time as it is.
            managers.Put(own with { Set = stripped, Time = isSame ? last?.Time : ApiTime.Truncate(context.Now) });
        }

        managers.DropEmpty();
        var result = isSame ? bare : Decode(merged, name, kind, context);

        result = result.DeepCopy();
        result.Own<ObjectMeta>(ApiObject.MetadataSlot).Slots[ObjectMeta.Fields.ManagedFields] = ManagedFields.Entries(managers);
        return (result, null);
    }

    private static (Func<string, FieldSet?> Lost, List<FieldManager> Conflicts) Losses(
        ApiObject live, object? merged, FieldDifference difference, FieldManagers managers, FieldManager own, WriteContext context)
    {
        // The other versions of the merged object are only made if somebody names fields in them.
        VersionedDifferences? versions = null;
        VersionedDifferences Versions() => versions ??= new(live, ToObject(merged, live), difference, context);
        var changed = context.Reset.Filter(difference.Changed);
        var lost = context.Reset.Filter(difference.Changed.Union(difference.Removed));
        var conflicts = new List<FieldManager>();
        foreach (var manager in managers.All)
        {
            if (manager.IsSameAs(own))
            {
                continue;
            }

            var theirs = manager.ApiVersion == context.ApiVersion ? changed : Versions().Changed(manager.ApiVersion);
            var contested = manager.Set.Intersection(theirs);
            if (!contested.IsEmpty)
            {
                conflicts.Add(manager with { Set = contested });
            }
        }

        return (version => version == context.ApiVersion ? lost : Versions().Lost(version), conflicts);
    }

    /// <summary>The first apply finds an object that nobody is said to own: its fields get an owner.</summary>
    private static void Claim(FieldManagers managers, ApiObject live, string kind, WriteContext context)
    {
        var empty = (ApiObject)live.TypeSchema.Create();
        var bare = WithoutHistory(live);
        try
        {
            var difference = ValueComparer.Compare(context.Type, empty, bare);
            ManagedFields.Track(managers, empty, bare, difference, BeforeFirstApply, context);
        }
        catch (ApplyException misfit)
        {
            throw Internal($"failed to create manager for existing fields: failed to convert new object ({NameOf(live, kind, context)}) to smd typed: {Faults(bare, misfit, context)}");
        }
    }

    private static string Faults(ApiObject live, ApplyException misfit, WriteContext context) =>
        ConfigValidator.Validate(context.Type, live, allowsDuplicates: true) ?? misfit.Message;

    private static string NameOf(ApiObject live, string kind, WriteContext context) =>
        $"{live.Metadata.Namespace}/{live.Metadata.Name}; {GroupVersionKind(context.ApiVersion, kind)}";

    private static FieldManagers Decode(ApiObject live)
    {
        try
        {
            return FieldManagers.Read(live.Metadata.ManagedFields);
        }
        catch (FormatException broken)
        {
            throw Internal("failed to decode managed fields: " + broken.Message);
        }
    }

    private static ApiObject WithoutHistory(ApiObject live)
    {
        if (live.Metadata.ManagedFields.Count == 0)
        {
            return live;
        }

        var slots = (object?[])live.Slots.Clone();
        slots[ApiObject.MetadataSlot] = live.Metadata with { ManagedFields = [] };
        return (ApiObject)live.TypeSchema.Create(slots);
    }

    internal static ApiObject ToObject(object? tree, ApiObject like) => (ApiObject)new TreeDecoder(null).Struct(like.TypeSchema, tree);

    private static ApiObject Decode(object? merged, string name, string kind, WriteContext context)
    {
        try
        {
            var schema = ApiTypes.FindKind(context.ApiVersion, kind) ?? CustomObject.ApiType;
            return (ApiObject)new TreeDecoder(null).Struct(schema, merged);
        }
        catch (ApiDecodeException misfit)
        {
            throw Internal($"failed to convert new object ({name}) to proper version: unable to convert unstructured object to {GroupVersionKind(context.ApiVersion, kind)}: {misfit.Message}");
        }
    }

    /// <summary>
    /// kubectl's own client-side applies do not stand in its way: conflicts over fields that the last-applied annotation names and the object
    /// still has as named there.
    /// </summary>
    private static bool TryForgive(ApiObject live, List<FieldManager> conflicts, WriteContext context, out List<FieldManager> left)
    {
        left = conflicts;
        if (!live.Metadata.Annotations.TryGetValue(LastApplied, out var text) || text.Length == 0)
        {
            return false;
        }

        try
        {
            if (ApiJson.ReadValue(Encoding.UTF8.GetBytes(text)) is not IApiMap applied
                || !applied.TryGetSlot("apiVersion", out var version) || version as string != context.ApiVersion
                || ConfigValidator.Validate(context.Type, applied) is not null)
            {
                return false;
            }

            var difference = ValueComparer.Compare(context.Type, applied, WithoutHistory(live));
            var allowed = FieldSetOf.Value(context.Type, applied)
                .Difference(difference.Modified).Difference(difference.Added).Difference(difference.Removed);
            left = conflicts.ConvertAll(c => c with { Set = c.Set.Difference(allowed) }).FindAll(static c => !c.Set.IsEmpty);
            return true;
        }
        catch (Exception unusable) when (unusable is System.Text.Json.JsonException or ApplyException)
        {
            // The annotation is the user's text; one that cannot be read forgives nothing.
            return false;
        }
    }

    /// <summary>Where kubectl has left its annotation, it is written anew for the clients that still go by it.</summary>
    private static void RenewLastApplied(ApiObject obj, IApiMap config)
    {
        var annotations = obj.Metadata.Annotations;
        if (!annotations.TryGetValue(LastApplied, out var present) || present.Length == 0)
        {
            return;
        }

        object? without = config;
        if (config.TryGetSlot("metadata", out var metadata) && metadata is IApiMap given
            && given.TryGetSlot("annotations", out var applied) && applied is IApiMap { Count: > 0 } listed && listed.TryGetSlot(LastApplied, out _))
        {
            without = JsonMergePatch.MergeTree(config, Nested("metadata", Nested("annotations", Nested(LastApplied, null))));
        }

        var text = Encoding.UTF8.GetString(ApiJson.WriteValueToArray(without)) + "\n";
        var size = 0L;
        foreach (var (key, value) in annotations)
        {
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(key == LastApplied ? text : value);
        }

        var owned = obj.Own<ObjectMeta>(ApiObject.MetadataSlot);
        owned.Slots[ObjectMeta.Fields.Annotations] = size > AnnotationsMaxBytes ? annotations.Without(LastApplied) : annotations.With(LastApplied, text);
    }

    private static ApiMap<object?> Nested(string key, object? value)
    {
        var map = new ApiMap<object?>(1);
        map.SetSlot(key, value);
        return map;
    }

    private static void CheckKind(IApiMap config, string kind, string apiVersion)
    {
        var givenVersion = Text(config, "apiVersion");
        var givenKind = Text(config, "kind");
        if (givenVersion != apiVersion || givenKind != kind)
        {
            throw Errors.BadRequest("invalid object type: " + GroupVersionKind(givenVersion, givenKind));
        }
    }

    private static string ObjectName(IApiMap config, string kind, string apiVersion)
    {
        var metadata = config.TryGetSlot("metadata", out var value) ? value as IApiMap : null;
        return $"{Text(metadata, "namespace")}/{Text(metadata, "name")}; {GroupVersionKind(apiVersion, kind)}";
    }

    private static string Text(IApiMap? map, string key) => map is not null && map.TryGetSlot(key, out var value) && value is string text ? text : "";

    /// <summary>Go's print: <c>apps/v1, Kind=Deployment</c>, <c>/v1, Kind=Pod</c>.</summary>
    private static string GroupVersionKind(string apiVersion, string kind) =>
        (apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion : "/" + apiVersion) + ", Kind=" + kind;

    /// <summary>What upstream does not expect to fail is answered with 500 and the bare text.</summary>
    private static ApiException Internal(string message) => Errors.Make(500, "", message, null);
}
