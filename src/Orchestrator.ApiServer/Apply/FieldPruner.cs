using Orchestrator.Api;

namespace Orchestrator.ApiServer.Apply;

/// <summary>Takes out of a merged object what an applier applied last time, does not apply now, and nobody else owns.</summary>
internal static class FieldPruner
{
    /// <param name="merged">The merged tree in the requested version.</param>
    /// <param name="like">The live object, for its type.</param>
    /// <param name="managers">All managers, with the applier's new set.</param>
    /// <param name="last">The applier's entry before this apply; null if it had none.</param>
    /// <param name="context">The write.</param>
    public static object? Prune(object? merged, ApiObject like, FieldManagers managers, FieldManager? last, WriteContext context)
    {
        if (last is null || last.Set.IsEmpty)
        {
            return merged;
        }

        var start = Show(new(merged, context.Type, context.ApiVersion), last.ApiVersion, like, context);
        if (start is not { } shown)
        {
            return merged;
        }

        var named = last.Set.WithNamedFields(shown.Type);
        if (last.ApiVersion == context.ApiVersion && managers.All.All(m => m.ApiVersion == context.ApiVersion)
            && named.Difference(Owned(managers, context.ApiVersion).WithNamedFields(shown.Type)).IsEmpty)
        {
            // Everything that was applied is still owned, by this applier or another: the usual case.
            return merged;
        }

        // 1. Without all that was applied last time ...
        var pruned = shown with { Value = ValueRemover.Remove(shown.Type, shown.Value, named) };

        // 2. ... but with what anybody owns now, version by version ...
        var whole = shown;
        foreach (var version in managers.All.Select(static m => m.ApiVersion).Distinct().OrderByDescending(v => v == last.ApiVersion).ToArray())
        {
            if (Show(whole, version, like, context) is not { } wholeThere || Show(pruned, version, like, context) is not { } prunedThere)
            {
                continue;
            }

            var type = wholeThere.Type;
            var kept = FieldSetOf.Value(type, prunedThere.Value).WithNamedFields(type).Union(Owned(managers, version).WithNamedFields(type));
            var gone = FieldSetOf.Value(type, wholeThere.Value).WithNamedFields(type).Difference(kept);
            (whole, pruned) = (wholeThere, wholeThere with { Value = ValueRemover.Remove(type, wholeThere.Value, gone) });
        }

        // 3. ... and with what was never this applier's.
        if (Show(pruned, last.ApiVersion, like, context) is not { } prunedShown)
        {
            return merged;
        }

        var before = FieldSetOf.Value(shown.Type, shown.Value).WithNamedFields(shown.Type);
        var after = FieldSetOf.Value(shown.Type, prunedShown.Value).WithNamedFields(shown.Type);
        var removed = before.Difference(after).Intersection(named);
        var result = shown with { Value = ValueRemover.Remove(shown.Type, shown.Value, removed) };
        return Show(result, context.ApiVersion, like, context)?.Value ?? merged;
    }

    private static FieldSet Owned(FieldManagers managers, string apiVersion)
    {
        var owned = FieldSet.Empty;
        foreach (var manager in managers.All)
        {
            if (manager.ApiVersion == apiVersion)
            {
                owned = owned.Union(manager.Set);
            }
        }

        return owned;
    }

    /// <summary>A value in another version; null if there is no such version.</summary>
    private static Shown? Show(Shown value, string apiVersion, ApiObject like, WriteContext context)
    {
        if (value.ApiVersion == apiVersion)
        {
            return value;
        }

        if (context.Versions is not { } versions)
        {
            return null;
        }

        var obj = value.Value as ApiObject
            ?? ServerSideApply.ToObject(value.Value, value.ApiVersion == context.ApiVersion ? like : versions.Convert(like, value.ApiVersion)!.Value.Object);
        return versions.Convert(obj, apiVersion) is { } there ? new(there.Object, there.Type, apiVersion) : null;
    }

    private readonly record struct Shown(object? Value, MapType Type, string ApiVersion);
}
