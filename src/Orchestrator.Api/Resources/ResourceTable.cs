using System.Collections.Frozen;

namespace Orchestrator.Api;

/// <summary>The resources that Kubernetes 1.36 serves by default, in discovery order.</summary>
public static class ResourceTable
{
    private static readonly Lazy<FrozenDictionary<string, ResourceInfo>> Kinds = new(static () =>
        All!.ToFrozenDictionary(static r => r.ApiVersion + " " + r.Kind));

    public static IReadOnlyList<ResourceInfo> All { get; } = EmbeddedTable.Rows("resources.tsv").Select(Parse).ToArray();

    /// <summary>Group, and its version's priorities as the APIService objects have them, by group and version.</summary>
    public static IReadOnlyList<GroupVersionInfo> GroupVersions { get; } = EmbeddedTable.Rows("resources.tsv")
        .Select(static c => new GroupVersionInfo(
            int.Parse(c[0]), c[1], c[2], c[3].Length == 0 ? 0 : int.Parse(c[3]), c[4].Length == 0 ? 0 : int.Parse(c[4]), c[5]))
        .Distinct().ToArray();

    /// <summary>The resource of <c>group/version Kind</c> (<c>version Kind</c> for the core group).</summary>
    /// <exception cref="KeyNotFoundException">The kind has no resource.</exception>
    public static ResourceInfo OfKind(string groupVersionKind) => Kinds.Value[groupVersionKind];

    /// <summary>The resource of a kind; null if it has none.</summary>
    public static ResourceInfo? Find(string apiVersion, string kind) => Kinds.Value.GetValueOrDefault(apiVersion + " " + kind);

    private static ResourceInfo Parse(string[] c) => new()
    {
        Group = c[1],
        Version = c[2],
        Resource = c[6],
        Singular = c[7],
        Kind = c[8],
        Namespaced = c[9] == "true",
        Verbs = Split(c[10]),
        ShortNames = Split(c[11]),
        Categories = Split(c[12]),
        StorageVersionHash = c[13],
        StorageVersion = c[14],
        Subresources = c[15].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseSubresource).ToArray(),
    };

    private static string[] Split(string cell) => cell.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static SubresourceInfo ParseSubresource(string text)
    {
        var parts = text.Split(':');
        var dot = parts[1].LastIndexOf('.');
        return new(parts[0], dot < 0 ? "" : parts[1][..dot], parts[1][(dot + 1)..], Split(parts[2]));
    }
}
