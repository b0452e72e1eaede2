using System.Collections.Frozen;

namespace Orchestrator.Api;

/// <summary>All API types of the tables.</summary>
public static partial class ApiTypes
{
    // Lazy, since the order in which the parts of this class are initialised is not fixed.
    private static readonly Lazy<FrozenDictionary<(string ApiVersion, string Kind), string>> ByKind = new(static () => GvkNames!
        .GroupBy(static g => Split(g.Gvk))
        .ToFrozenDictionary(static g => g.Key, static g => g.First().Name));

    /// <summary>The schema of a kind, for example <c>apps/v1</c> and <c>Deployment</c>; null if the tables have none.</summary>
    public static StructSchema? FindKind(string apiVersion, string kind) => ByKind.Value.TryGetValue((apiVersion, kind), out var name) ? Find(name) : null;

    private static (string, string) Split(string gvk)
    {
        var cut = gvk.IndexOf(' ', StringComparison.Ordinal);
        return (gvk[..cut], gvk[(cut + 1)..]);
    }
}
