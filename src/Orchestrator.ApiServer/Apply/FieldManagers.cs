using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Apply;

/// <summary>All entries of an object's managedFields, while one request works on them.</summary>
internal sealed class FieldManagers
{
    private const int UpdateManagersMax = 10;
    private const string OldUpdates = "ancient-changes";

    private readonly List<FieldManager> _managers = [];

    public IReadOnlyList<FieldManager> All => _managers;

    public bool IsEmpty => _managers.Count == 0;

    /// <summary>The entries that these were read from.</summary>
    public ApiList<ManagedFieldsEntry> Source { get; private init; } = ApiList<ManagedFieldsEntry>.Empty;

    /// <exception cref="FormatException">An entry is not valid.</exception>
    public static FieldManagers Read(ApiList<ManagedFieldsEntry> entries)
    {
        var managers = new FieldManagers { Source = entries };
        foreach (var entry in entries)
        {
            var manager = FieldManager.Read(entry);
            _ = manager.Set;
            managers.Put(manager);
        }

        return managers;
    }

    public static FieldManagers ReadOrEmpty(ApiList<ManagedFieldsEntry> entries)
    {
        try
        {
            return Read(entries);
        }
        catch (FormatException)
        {
            // What cannot be read is forgotten, as upstream does.
            return new();
        }
    }

    public FieldManager? Find(FieldManager like) => _managers.Find(m => m.IsSameAs(like));

    /// <summary>Sets or replaces a manager's entry.</summary>
    public void Put(FieldManager manager)
    {
        var at = _managers.FindIndex(m => m.IsSameAs(manager));
        if (at >= 0)
        {
            _managers[at] = manager;
        }
        else
        {
            _managers.Add(manager);
        }
    }

    public void Remove(FieldManager manager) => _managers.RemoveAll(m => m.IsSameAs(manager));

    /// <summary>Takes fields from every manager but one, and drops who is left with none, or whose version nobody knows.</summary>
    /// <param name="except">Keeps all of its fields; null for no exception.</param>
    /// <param name="lost">The fields to take, by the manager's version; null: the version is unknown.</param>
    public void TakeFrom(FieldManager? except, Func<string, FieldSet?> lost)
    {
        for (var i = _managers.Count - 1; i >= 0; i--)
        {
            var manager = _managers[i];
            if (except is not null && manager.IsSameAs(except))
            {
                continue;
            }

            if (lost(manager.ApiVersion) is not { } fields)
            {
                _managers.RemoveAt(i);
                continue;
            }

            var left = manager.Set.Difference(fields);
            if (left.IsEmpty)
            {
                _managers.RemoveAt(i);
            }
            else if (!ReferenceEquals(left, manager.Set))
            {
                _managers[i] = manager with { Set = left };
            }
        }
    }

    /// <summary>Drops entries that own nothing.</summary>
    public void DropEmpty() => _managers.RemoveAll(static m => m.Set.IsEmpty);

    /// <summary>Merges the oldest updaters into one entry per version until not too many are left.</summary>
    public void CapUpdaters()
    {
        var updaters = _managers.FindAll(static m => !m.IsApply);
        if (updaters.Count <= UpdateManagersMax)
        {
            return;
        }

        updaters.Sort(static (a, b) =>
        {
            var order = Seconds(a).CompareTo(Seconds(b));
            return order != 0 ? order : string.CompareOrdinal(Identifier(a), Identifier(b));
        });
        var first = new Dictionary<string, FieldManager>(StringComparer.Ordinal);
        var left = updaters.Count;
        for (var i = 0; i < updaters.Count && left > UpdateManagersMax; i++)
        {
            var updater = updaters[i];
            if (!first.TryGetValue(updater.ApiVersion, out var oldest))
            {
                first.Add(updater.ApiVersion, updater);
                continue;
            }

            // The first of a version becomes the bucket once there is something to put into it.
            var bucket = new FieldManager(OldUpdates, false, updater.ApiVersion, "", updater.Time);
            var present = Find(bucket);
            if (present is null)
            {
                Remove(oldest);
                present = oldest;
            }

            Remove(updater);
            Put(bucket with { Set = updater.Set.Union(present.Set) });
            left--;
        }
    }

    /// <summary>The entries in upstream's order: appliers first, then by second, name, version and subresource.</summary>
    public ApiList<ManagedFieldsEntry> ToEntries() => ToEntries(_managers);

    /// <inheritdoc cref="ToEntries()"/>
    public static ApiList<ManagedFieldsEntry> ToEntries(List<FieldManager> managers)
    {
        if (managers.Count > 1)
        {
            managers.Sort(static (a, b) =>
            {
                var order = b.IsApply.CompareTo(a.IsApply);
                order = order != 0 ? order : Seconds(a).CompareTo(Seconds(b));
                order = order != 0 ? order : string.CompareOrdinal(a.Manager, b.Manager);
                order = order != 0 ? order : string.CompareOrdinal(a.ApiVersion, b.ApiVersion);
                return order != 0 ? order : string.CompareOrdinal(a.Subresource, b.Subresource);
            });
        }

        return managers.ConvertAll(static m => m.ToEntry()).ToApiList();
    }

    private static long Seconds(FieldManager manager) => manager.Time?.ToUnixTimeSeconds() ?? 0;

    private static string Identifier(FieldManager manager) => (manager with { Time = null, Set = FieldSet.Empty }).ToEntry().ToString();
}
