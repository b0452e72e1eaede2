using System.Collections.Frozen;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>The group versions that other servers answer. A snapshot that is swapped; readers take it once.</summary>
internal sealed class AggregationRoutes
{
    private volatile FrozenDictionary<(string Group, string Version), AggregatedVersion> _current = FrozenDictionary<(string, string), AggregatedVersion>.Empty;

    /// <summary>Raised after anything changed.</summary>
    public event Action? Changed;

    public IReadOnlyList<AggregatedVersion> All => [.. _current.Values];

    public AggregatedVersion? Find(string group, string version) => _current.GetValueOrDefault((group, version));

    /// <summary>Who answers a path; null if this server does.</summary>
    public AggregatedVersion? OfPath(string path)
    {
        const string Prefix = "/apis/";
        const string Schemas = "/openapi/v3";
        var current = _current;
        if (current.Count == 0)
        {
            return null;
        }

        var below = path.StartsWith(Schemas, StringComparison.Ordinal) ? path[Schemas.Length..] : path;
        if (!below.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = below[Prefix.Length..].Split('/', 3);
        var found = parts.Length >= 2 ? current.GetValueOrDefault((parts[0], parts[1])) : null;

        // What is answered in this process is documented by this server.
        return below.Length != path.Length && found is { Local: not null } ? null : found;
    }

    public bool HasGroup(string group) => _current.Count > 0 && _current.Keys.Any(k => k.Group == group);

    public void Set(IEnumerable<AggregatedVersion> versions)
    {
        var next = versions.ToFrozenDictionary(static v => (v.Group, v.Version));
        var before = _current;
        _current = next;
        if (before.Count != next.Count || next.Any(v => !before.TryGetValue(v.Key, out var old) || old != v.Value))
        {
            Changed?.Invoke();
        }
    }
}
