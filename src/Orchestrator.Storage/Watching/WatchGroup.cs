namespace Orchestrator.Storage.Watching;

/// <summary>The watches of one scope. Guarded by the collection's gate.</summary>
internal sealed class WatchGroup
{
    private readonly List<Watch> _watches = [];

    public bool IsEmpty => _watches.Count == 0;

    public IEnumerable<Watch> Watches => _watches;

    public void Add(Watch watch)
    {
        watch.GroupIndex = _watches.Count;
        _watches.Add(watch);
    }

    public void Remove(Watch watch)
    {
        var at = watch.GroupIndex;
        if (at < 0)
        {
            return;
        }

        var last = _watches[^1];
        _watches[at] = last;
        last.GroupIndex = at;
        _watches.RemoveAt(_watches.Count - 1);
        watch.GroupIndex = -1;
    }

    public void WakeUnderGate(ChangeEvent position, Revision revision)
    {
        foreach (var watch in _watches)
        {
            watch.WakeUnderGate(position, revision);
        }
    }
}
