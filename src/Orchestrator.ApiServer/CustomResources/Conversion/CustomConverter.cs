using System.Runtime.CompilerServices;
using Orchestrator.Api;
using Orchestrator.ApiServer.Registry;

namespace Orchestrator.ApiServer.CustomResources.Conversion;

/// <summary>Converts custom objects between versions, as their definition says; built-in kinds go to the converter of the tables.</summary>
internal sealed class CustomConverter(IObjectConverter builtIn) : IObjectConverter
{
    // What a stored object looks like at a version, for as long as the stored object lives.
    private readonly ConditionalWeakTable<ApiObject, Views> _views = [];

    public async ValueTask<ApiObject> ToStoredAsync(ServedResource resource, ApiObject obj, CancellationToken cancellationToken)
    {
        if (resource.Definition is not { } definition)
        {
            return await builtIn.ToStoredAsync(resource, obj, cancellationToken);
        }

        var custom = await definition.ConvertAsync((CustomObject)obj, definition.Storage, cancellationToken);
        return definition.Storage.Prune(custom, stored: true, unknown: null);
    }

    public ValueTask<ApiObject> ToServedAsync(ServedResource resource, ApiObject stored, CancellationToken cancellationToken)
    {
        if (resource.Definition is not { } definition)
        {
            return builtIn.ToServedAsync(resource, stored, cancellationToken);
        }

        return Cached(resource, stored) is { } known ? new(known) : SlowAsync();

        async ValueTask<ApiObject> SlowAsync() =>
            Keep(resource, stored, await definition.ConvertAsync(definition.Normalize((CustomObject)stored), resource.Custom!, cancellationToken));
    }

    /// <summary>As <see cref="ToServedAsync"/>, for callers that cannot wait; built-in objects come back as they are stored.</summary>
    public ApiObject ToServed(ServedResource resource, ApiObject stored) => resource.Definition is not { } definition ? stored
        : Cached(resource, stored) ?? Keep(resource, stored, definition.Convert(definition.Normalize((CustomObject)stored), resource.Custom!));

    private ApiObject? Cached(ServedResource resource, ApiObject stored) => _views.TryGetValue(stored, out var views) ? views.Find(resource) : null;

    private ApiObject Keep(ServedResource resource, ApiObject stored, ApiObject view)
    {
        if (!ReferenceEquals(view, stored))
        {
            _views.GetValue(stored, static _ => new Views()).Set(resource, view);
        }

        return view;
    }

    /// <summary>The forms of one object; a definition that changed has new resources, for which nothing is known yet.</summary>
    private sealed class Views
    {
        private volatile (WeakReference<ServedResource> Resource, ApiObject View)[] _known = [];

        public ApiObject? Find(ServedResource resource)
        {
            foreach (var (known, view) in _known)
            {
                if (known.TryGetTarget(out var target) && ReferenceEquals(target, resource))
                {
                    return view;
                }
            }

            return null;
        }

        public void Set(ServedResource resource, ApiObject view) =>
            _known = [.. _known.Where(k => k.Resource.TryGetTarget(out var target) && !ReferenceEquals(target, resource)), (new WeakReference<ServedResource>(resource), view)];
    }
}
