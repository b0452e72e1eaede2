namespace Orchestrator.Storage;

/// <summary>Callers that wait for a revision to be reached. There are few at any time, so a list does.</summary>
internal sealed class RevisionWaiters
{
    private readonly Lock _gate = new();
    private readonly List<(Revision Revision, TaskCompletionSource Source)> _waiting = [];
    private volatile bool _isAnyoneWaiting;
    private bool _isClosed;

    public async Task WaitAsync(Revision revision, Func<Revision> current, CancellationToken cancellationToken)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new StoreUnavailableException("the store is closed");
            }

            _waiting.Add((revision, source));
            _isAnyoneWaiting = true;
        }

        // It may have been reached between the caller's look and our entry in the list.
        Interlocked.MemoryBarrier();
        if (current() >= revision)
        {
            Reached(current());
        }

        try
        {
            await source.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _waiting.RemoveAll(waiter => ReferenceEquals(waiter.Source, source));
                _isAnyoneWaiting = _waiting.Count > 0;
            }
        }
    }

    public void Reached(Revision revision)
    {
        Interlocked.MemoryBarrier();
        if (!_isAnyoneWaiting)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var (wanted, source) in _waiting)
            {
                if (wanted <= revision)
                {
                    source.TrySetResult();
                }
            }
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var (_, source) in _waiting)
            {
                source.TrySetException(new StoreUnavailableException("the store was closed"));
            }
        }
    }
}
