using Orchestrator.Api;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers.Namespaces;

/// <summary>What is left of a namespace after a round of deleting, and what went wrong.</summary>
internal sealed class NamespaceReport
{
    // When objects only wait for others (finalizers, kubelets), this long until the next look.
    private static readonly TimeSpan DefaultEstimate = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<string, int> _remaining = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _finalizers = new(StringComparer.Ordinal);

    public string? DiscoveryError { get; set; }

    public List<string> ContentErrors { get; } = [];

    public bool Failed => DiscoveryError is not null || ContentErrors.Count > 0;

    public bool HasContent => _remaining.Count > 0;

    public bool IsEmpty => !Failed && !HasContent;

    /// <summary>How long what is left may take.</summary>
    public TimeSpan Estimate { get; private set; } = DefaultEstimate;

    public void Add(ResourceInfo resource, IReadOnlyList<PartialObjectMetadata> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        _remaining[resource.Group.Length == 0 ? resource.Resource + "." : resource.GroupResource] = items.Count;
        foreach (var item in items)
        {
            foreach (var finalizer in item.Metadata.Finalizers)
            {
                _finalizers[finalizer] = _finalizers.GetValueOrDefault(finalizer) + 1;
            }
        }
    }

    /// <summary>The namespace's conditions; transition times of those that stay are kept.</summary>
    public ApiList<NamespaceCondition> Conditions(ApiList<NamespaceCondition> old, DateTimeOffset now)
    {
        NamespaceCondition[] wanted =
        [
            DiscoveryError is { } discovery
                ? New("NamespaceDeletionDiscoveryFailure", "True", "DiscoveryFailed", discovery, now)
                : New("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered", now),
            New("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed", now),
            ContentErrors.Count > 0
                ? New("NamespaceDeletionContentFailure", "True", "ContentDeletionFailed", $"Failed to delete all resource types, {ContentErrors.Count} remaining: {string.Join(", ", ContentErrors.Order(StringComparer.Ordinal))}", now)
                : New("NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization", now),
            _remaining.Count > 0
                ? New("NamespaceContentRemaining", "True", "SomeResourcesRemain", "Some resources are remaining: " + string.Join(", ", _remaining.Select(static r => $"{r.Key} has {r.Value} resource instances")), now)
                : New("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed", now),
            _finalizers.Count > 0
                ? New("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: " + string.Join(", ", _finalizers.Select(static f => $"{f.Key} in {f.Value} resource instances")), now)
                : New("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished", now),
        ];
        return
        [
            .. old.Where(o => !Array.Exists(wanted, w => w.Type == o.Type)),
            .. wanted.Select(w => old.FirstOrDefault(o => o.Type == w.Type) is { } before
                ? before.Status == w.Status && before.Reason == w.Reason && before.Message == w.Message ? before
                    : before.Status == w.Status ? w with { LastTransitionTime = before.LastTransitionTime }
                    : w
                : w),
        ];
    }

    private static NamespaceCondition New(string type, string status, string reason, string message, DateTimeOffset now) =>
        new() { Type = type, Status = status, LastTransitionTime = now, Reason = reason, Message = message };
}
