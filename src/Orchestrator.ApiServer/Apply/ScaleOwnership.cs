using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Apply;

/// <summary>
/// Carries the ownership of an object's replicas over to its Scale and back: who owns the object's replicas owns the Scale's while a request changes
/// it, and what became of the Scale's entries is written back to the object (upstream's ScaleHandler).
/// </summary>
/// <param name="entries">The object's managedFields.</param>
/// <param name="apiVersion">The object's version.</param>
/// <param name="replicas">Where the object keeps its replicas, by version; versions that are not named here are unknown, and their entries go.</param>
internal sealed class ScaleOwnership(ApiList<ManagedFieldsEntry> entries, string apiVersion, Func<string, FieldSet?> replicas)
{
    public const string ScaleVersion = "autoscaling/v1";

    private static readonly FieldSet ScaleReplicas = FieldSet.OfPaths("spec.replicas");
    private readonly List<FieldManager> _managers = Read(entries);

    /// <summary>The managedFields of the Scale.</summary>
    public ApiList<ManagedFieldsEntry> ForScale()
    {
        var result = new FieldManagers();
        foreach (var manager in _managers)
        {
            if (replicas(manager.ApiVersion) is { } path && !manager.Set.Intersection(path).IsEmpty)
            {
                result.Put(manager with { ApiVersion = ScaleVersion, Set = ScaleReplicas });
            }
        }

        return result.ToEntries();
    }

    /// <summary>The managedFields of the object after the Scale was changed.</summary>
    public ApiList<ManagedFieldsEntry> FromScale(ApiList<ManagedFieldsEntry> changed)
    {
        var owners = Read(changed);
        var result = new List<FieldManager>();
        foreach (var manager in _managers)
        {
            if (replicas(manager.ApiVersion) is not { } path)
            {
                continue;
            }

            if (manager.Set.Intersection(path).IsEmpty || owners.RemoveAll(o => o.IsSameAs(manager)) > 0)
            {
                result.Add(manager);
            }
            else if (manager.Set.Difference(path) is { IsEmpty: false } left)
            {
                // Its replicas were taken over, or are listed anew below.
                result.Add(manager with { Set = left });
            }
        }

        // Upstream looks for the time of a new entry among the old ones, so it has none.
        result.AddRange(owners
            .Where(static o => !o.Set.Intersection(ScaleReplicas).IsEmpty)
            .Select(o => o with { ApiVersion = apiVersion, Set = replicas(apiVersion)!, Time = null }));
        return FieldManagers.ToEntries(result);
    }

    private static List<FieldManager> Read(ApiList<ManagedFieldsEntry> entries) => [.. FieldManagers.ReadOrEmpty(entries).All];
}
