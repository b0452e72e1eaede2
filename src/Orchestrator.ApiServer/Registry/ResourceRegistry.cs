using System.Collections.Concurrent;
using System.Collections.Frozen;
using Orchestrator.Api;
using Orchestrator.ApiServer.Strategies;

namespace Orchestrator.ApiServer.Registry;

/// <summary>All resources that are served. A snapshot that is swapped when custom resources come and go; readers take it once.</summary>
internal sealed class ResourceRegistry
{
    private readonly FrozenSet<string> _builtInGroups = ResourceTable.All.Select(static r => r.Group).ToFrozenSet();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _gone = new();
    private volatile Snapshot _snapshot;

    public ResourceRegistry()
    {
        var builtIn = ResourceTable.All.Select(BuiltIn).ToArray();
        _snapshot = new Snapshot(builtIn);
        BuiltInResources = builtIn;
    }

    public IReadOnlyList<ServedResource> BuiltInResources { get; }

    public IReadOnlyList<ServedResource> All => _snapshot.Resources;

    /// <summary>Raised after the set of resources changed.</summary>
    public event Action? Changed;

    public ServedResource? Find(string group, string version, string resource) => _snapshot.ByPath.GetValueOrDefault((group, version, resource));

    public bool HasGroup(string group) => _snapshot.Groups.Contains(group);

    /// <summary>Whether a group has custom resources only.</summary>
    public bool IsCustomGroup(string group) => !_builtInGroups.Contains(group);

    public bool HasGroupVersion(string group, string version) => _snapshot.GroupVersions.Contains((group, version));

    public ServedResource? FindKind(string apiVersion, string kind) => _snapshot.ByKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>The type of a collection's objects.</summary>
    public StructSchema StorageSchema(string collection) =>
        _snapshot.ByCollection.TryGetValue(collection, out var resource) ? resource.StorageSchema : CustomObject.ApiType;

    /// <summary>Replaces the custom resources. Watches of those that are served no more end.</summary>
    public void SetCustom(IEnumerable<ServedResource> custom)
    {
        _snapshot = new Snapshot([.. BuiltInResources, .. custom]);
        foreach (var (collection, gone) in _gone)
        {
            if (!_snapshot.ByCollection.ContainsKey(collection) && _gone.TryRemove(collection, out _))
            {
                gone.Cancel();
            }
        }

        Changed?.Invoke();
    }

    /// <summary>Cancelled when a custom resource is served no more; never for what is built in.</summary>
    public CancellationToken Gone(ServedResource resource)
    {
        if (!resource.IsCustom)
        {
            return CancellationToken.None;
        }

        var gone = _gone.GetOrAdd(resource.Collection, static _ => new CancellationTokenSource());
        if (!_snapshot.ByCollection.ContainsKey(resource.Collection))
        {
            // It went while this was asked.
            gone.Cancel();
            _gone.TryRemove(resource.Collection, out _);
        }

        return gone.Token;
    }

    private static ServedResource BuiltIn(ResourceInfo info)
    {
        var schema = ApiTypes.FindKind(info.ApiVersion, info.Kind) ?? throw new InvalidOperationException($"No type for {info.ApiVersion} {info.Kind}.");
        var (storageVersion, storageSchema) = Storage(info, schema);
        return new ServedResource(info, schema, storageSchema, storageVersion, info.Kind, CollectionName(info))
        {
            Strategy = StrategyTable.Find(info.Group, info.Resource) ?? new UnstoredStrategy(),
            SubresourceStrategies = info.Subresources
                .Select(s => (s.Name, Strategy: StrategyTable.Find(info.Group, info.Resource, s.Name)))
                .Where(static s => s.Strategy is not null)
                .ToFrozenDictionary(static s => s.Name, static s => s.Strategy!),
            SelectableFields = new FieldSelectorTable(info),
            DeprecationWarning = info switch
            {
                { Group: "", Resource: "endpoints" } => "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
                { Group: "", Resource: "componentstatuses" } => "v1 ComponentStatus is deprecated in v1.19+",
                _ => null,
            },
            HasOtherVersions = ResourceTable.All.Any(r => r.Group == info.Group && r.Resource == info.Resource && r.Version != info.Version) || info.Resource == "events",
        };
    }

    /// <summary>Which version is stored. Where the table's storage version has no type of its own here (betas of the same shape), it is this one.</summary>
    private static (string ApiVersion, StructSchema Schema) Storage(ResourceInfo info, StructSchema schema)
    {
        if (info is { Group: "events.k8s.io" })
        {
            return ("v1", Api.Core.V1.Event.ApiType);
        }

        if (info is { Group: "autoscaling", Resource: "horizontalpodautoscalers" })
        {
            return ("autoscaling/v2", Api.Autoscaling.V2.HorizontalPodAutoscaler.ApiType);
        }

        return (info.ApiVersion, schema);
    }

    private static string CollectionName(ResourceInfo info) =>
        info.Group == "events.k8s.io" ? "events" : info.Group.Length == 0 ? info.Resource : info.Group + "/" + info.Resource;

    private sealed class Snapshot
    {
        public Snapshot(IReadOnlyList<ServedResource> resources)
        {
            Resources = resources;
            ByPath = resources.ToFrozenDictionary(static r => (r.Info.Group, r.Info.Version, r.Info.Resource));
            ByKind = resources.GroupBy(static r => (r.Info.ApiVersion, r.Info.Kind)).ToFrozenDictionary(static g => g.Key, static g => g.First());
            ByCollection = resources.GroupBy(static r => r.Collection).ToFrozenDictionary(static g => g.Key, static g => g.First());
            Groups = resources.Select(static r => r.Info.Group).ToFrozenSet();
            GroupVersions = resources.Select(static r => (r.Info.Group, r.Info.Version)).ToFrozenSet();
        }

        public IReadOnlyList<ServedResource> Resources { get; }

        public FrozenDictionary<(string Group, string Version, string Resource), ServedResource> ByPath { get; }

        public FrozenDictionary<(string ApiVersion, string Kind), ServedResource> ByKind { get; }

        public FrozenDictionary<string, ServedResource> ByCollection { get; }

        public FrozenSet<string> Groups { get; }

        public FrozenSet<(string Group, string Version)> GroupVersions { get; }
    }
}
