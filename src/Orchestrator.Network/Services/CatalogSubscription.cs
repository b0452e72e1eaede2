namespace Orchestrator.Network.Services;

/// <summary>One reader's list of what it has not yet seen of a <see cref="ServiceCatalog"/>.</summary>
/// <remarks>For one reader at a time. The keys are a set, so the list never grows beyond the catalog itself.</remarks>
internal sealed class CatalogSubscription(ServiceCatalog catalog) : IDisposable
{
    private readonly HashSet<ServiceKey> _keys = [];
    private readonly SemaphoreSlim _wake = new(0, 1);
    private bool _namespaces;

    /// <summary>Returns when something is there to <see cref="Take"/>; at once if it is already.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _wake.WaitAsync(cancellationToken);

    /// <summary>Whatever changed since the last call; may be empty.</summary>
    public CatalogChange Take() => catalog.Take(this);

    public void Dispose()
    {
        catalog.Unsubscribe(this);
        _wake.Dispose();
    }

    /// <summary>Lets the reader look again although nothing changed, for instance because its last attempt failed.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount > 0)
        {
            return;
        }

        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it between the look and the release, which is all we wanted.
        }
    }

    internal void MarkWithCatalogLocked(ServiceKey key)
    {
        _keys.Add(key);
        Wake();
    }

    internal void MarkNamespacesWithCatalogLocked()
    {
        _namespaces = true;
        Wake();
    }

    internal (ServiceKey[] Keys, bool Namespaces) TakeWithCatalogLocked()
    {
        var taken = (_keys.ToArray(), _namespaces);
        _keys.Clear();
        _namespaces = false;
        return taken;
    }
}
