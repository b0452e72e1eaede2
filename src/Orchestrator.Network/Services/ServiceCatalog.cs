namespace Orchestrator.Network.Services;

/// <summary>
/// The node's knowledge of Services, their endpoints and the namespaces, and who still has to hear of what changed in it.
/// </summary>
/// <remarks>
/// Informers write, the DNS zone, the service proxy and the file on disk read; each reader has a <see cref="CatalogSubscription"/>
/// of its own that gathers keys, so a burst of changes to one Service is read once. All members may be called by anybody at once.
/// </remarks>
internal sealed class ServiceCatalog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServiceKey, ServiceInfo> _services = [];
    private readonly Dictionary<ServiceKey, SortedDictionary<string, EndpointSliceInfo>> _slices = [];
    private readonly Dictionary<(string Namespace, string Name), ServiceKey> _sliceOwners = [];
    private readonly HashSet<string> _withdrawn = new(StringComparer.Ordinal);
    private readonly List<CatalogSubscription> _subscriptions = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EquatableArray<string> _namespaces;
    private string _zone = "";

    /// <summary>Completes when the content is worth acting on: read from the last run's file or from the API server.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>A new reader; everything that is known already counts as changed for it.</summary>
    public CatalogSubscription Subscribe()
    {
        lock (_lock)
        {
            var subscription = new CatalogSubscription(this);
            _subscriptions.Add(subscription);
            subscription.MarkNamespacesWithCatalogLocked();
            foreach (var key in _services.Keys)
            {
                subscription.MarkWithCatalogLocked(key);
            }

            return subscription;
        }
    }

    /// <summary>Makes the content exactly this, touching only what differs.</summary>
    public void Replace(CatalogContent content)
    {
        lock (_lock)
        {
            var services = content.Services.Select(service => service.Key).ToHashSet();
            foreach (var key in _services.Keys.Where(key => !services.Contains(key)).ToArray())
            {
                RemoveServiceLocked(key);
            }

            var slices = content.Slices.Select(slice => (slice.Service.Namespace, slice.Name)).ToHashSet();
            foreach (var id in _sliceOwners.Keys.Where(id => !slices.Contains(id)).ToArray())
            {
                RemoveSliceLocked(id);
            }

            foreach (var service in content.Services)
            {
                SetLocked(service);
            }

            foreach (var slice in content.Slices)
            {
                SetLocked(slice);
            }

            SetNamespacesLocked(content.Namespaces);
            SetZoneLocked(content.Zone);
            _loaded.TrySetResult();
        }
    }

    /// <summary>Says that everything has been set that the API server has; what it no longer has is forgotten.</summary>
    /// <remarks>The questions are put under the lock, so that an object which is set meanwhile is not taken for a stale one.</remarks>
    public void MarkSynced(Func<ServiceKey, bool> serviceExists, Func<string, string, bool> sliceExists)
    {
        lock (_lock)
        {
            foreach (var key in _services.Keys.Where(key => !serviceExists(key)).ToArray())
            {
                RemoveServiceLocked(key);
            }

            foreach (var id in _sliceOwners.Keys.Where(id => !sliceExists(id.Namespace, id.Name)).ToArray())
            {
                RemoveSliceLocked(id);
            }

            _loaded.TrySetResult();
        }
    }

    /// <summary>The zone of this node, which topology hints are compared with.</summary>
    public void SetZone(string zone)
    {
        lock (_lock)
        {
            SetZoneLocked(zone);
        }
    }

    public void Set(ServiceInfo service)
    {
        lock (_lock)
        {
            SetLocked(service);
        }
    }

    public void Set(EndpointSliceInfo slice)
    {
        lock (_lock)
        {
            SetLocked(slice);
        }
    }

    public void RemoveService(ServiceKey key)
    {
        lock (_lock)
        {
            RemoveServiceLocked(key);
        }
    }

    public void RemoveSlice(string @namespace, string name)
    {
        lock (_lock)
        {
            RemoveSliceLocked((@namespace, name));
        }
    }

    public void SetNamespaces(IEnumerable<string> namespaces)
    {
        var sorted = namespaces.Order(StringComparer.Ordinal).ToEquatableArray();
        lock (_lock)
        {
            SetNamespacesLocked(sorted);
        }
    }

    /// <summary>
    /// Treats the endpoints of a pod as terminating from now on, whatever its EndpointSlices still say: the agent calls this
    /// before it stops a container, so this node sends nobody new there while the API server is still catching up.
    /// </summary>
    /// <returns>The Services whose endpoints changed by it.</returns>
    public IReadOnlyList<ServiceKey> Withdraw(string podUid)
    {
        lock (_lock)
        {
            if (!_withdrawn.Add(podUid))
            {
                return [];
            }

            var touched = OwnersOfLocked(podUid);
            foreach (var key in touched)
            {
                MarkLocked(key);
            }

            return touched;
        }
    }

    /// <summary>Forgets a withdrawn pod once its sandbox is gone.</summary>
    public void Forget(string podUid)
    {
        lock (_lock)
        {
            if (_withdrawn.Remove(podUid))
            {
                foreach (var key in OwnersOfLocked(podUid))
                {
                    MarkLocked(key);
                }
            }
        }
    }

    /// <summary>The whole content as the API server stated it, without withdrawals.</summary>
    public CatalogContent Content()
    {
        lock (_lock)
        {
            return new CatalogContent(
                _zone,
                _namespaces,
                _services.Values.OrderBy(service => service.Key.ToString(), StringComparer.Ordinal).ToEquatableArray(),
                _slices.Values.SelectMany(slices => slices.Values)
                    .OrderBy(slice => $"{slice.Service.Namespace}/{slice.Name}", StringComparer.Ordinal).ToEquatableArray());
        }
    }

    internal CatalogChange Take(CatalogSubscription subscription)
    {
        lock (_lock)
        {
            var (keys, namespaces) = subscription.TakeWithCatalogLocked();
            var services = new KeyValuePair<ServiceKey, ServiceState?>[keys.Length];
            for (var i = 0; i < keys.Length; i++)
            {
                services[i] = new(keys[i], StateLocked(keys[i]));
            }

            return new CatalogChange(services, namespaces ? _namespaces : null);
        }
    }

    internal void Unsubscribe(CatalogSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.Remove(subscription);
        }
    }

    private ServiceState? StateLocked(ServiceKey key)
    {
        if (!_services.TryGetValue(key, out var service))
        {
            return null;
        }

        if (!_slices.TryGetValue(key, out var slices))
        {
            return new ServiceState(service, [], _zone);
        }

        return new ServiceState(service, slices.Values.Select(ApplyWithdrawalsLocked).ToEquatableArray(), _zone);
    }

    private EndpointSliceInfo ApplyWithdrawalsLocked(EndpointSliceInfo slice)
    {
        if (_withdrawn.Count == 0)
        {
            return slice;
        }

        return slice with
        {
            Endpoints = slice.Endpoints
                .Select(endpoint => endpoint.TargetUid.Length > 0 && _withdrawn.Contains(endpoint.TargetUid)
                    ? endpoint with { Ready = false, Terminating = true }
                    : endpoint)
                .ToEquatableArray(),
        };
    }

    private List<ServiceKey> OwnersOfLocked(string podUid) =>
        [.. _slices.Where(pair => pair.Value.Values.Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetUid == podUid)))
            .Select(pair => pair.Key)];

    private void SetLocked(ServiceInfo service)
    {
        if (!_services.TryGetValue(service.Key, out var known) || !known.Equals(service))
        {
            _services[service.Key] = service;
            MarkLocked(service.Key);
        }
    }

    private void SetLocked(EndpointSliceInfo slice)
    {
        var id = (slice.Service.Namespace, slice.Name);
        if (_sliceOwners.TryGetValue(id, out var owner))
        {
            if (owner == slice.Service && _slices[owner][slice.Name].Equals(slice))
            {
                return;
            }

            if (owner != slice.Service)
            {
                RemoveSliceLocked(id);
            }
        }

        if (!_slices.TryGetValue(slice.Service, out var siblings))
        {
            _slices[slice.Service] = siblings = new SortedDictionary<string, EndpointSliceInfo>(StringComparer.Ordinal);
        }

        siblings[slice.Name] = slice;
        _sliceOwners[id] = slice.Service;
        MarkLocked(slice.Service);
    }

    private void RemoveServiceLocked(ServiceKey key)
    {
        if (_services.Remove(key))
        {
            MarkLocked(key);
        }
    }

    private void RemoveSliceLocked((string Namespace, string Name) id)
    {
        if (!_sliceOwners.Remove(id, out var owner))
        {
            return;
        }

        var siblings = _slices[owner];
        siblings.Remove(id.Name);
        if (siblings.Count == 0)
        {
            _slices.Remove(owner);
        }

        MarkLocked(owner);
    }

    private void SetNamespacesLocked(EquatableArray<string> namespaces)
    {
        if (_namespaces.Equals(namespaces))
        {
            return;
        }

        _namespaces = namespaces;
        foreach (var subscription in _subscriptions)
        {
            subscription.MarkNamespacesWithCatalogLocked();
        }
    }

    private void SetZoneLocked(string zone)
    {
        if (_zone == zone)
        {
            return;
        }

        _zone = zone;
        foreach (var key in _services.Keys)
        {
            MarkLocked(key);
        }
    }

    private void MarkLocked(ServiceKey key)
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.MarkWithCatalogLocked(key);
        }
    }
}
