namespace Orchestrator.Client;

/// <summary>Keys waiting for work. A key waits at most once and is never in two workers' hands.</summary>
public interface IWorkQueue<TKey>
    where TKey : notnull
{
    /// <summary>How many keys wait now (not those in work or delayed).</summary>
    int Count { get; }

    /// <summary>Adds a key. If it is in work, it waits again after <see cref="Done"/>.</summary>
    void Add(TKey key);

    /// <summary>Adds a key after a time; the earliest of several such wishes counts.</summary>
    void AddAfter(TKey key, TimeSpan delay);

    /// <summary>Adds a key after its back-off, which grows with every call until <see cref="Forget"/>.</summary>
    void AddRateLimited(TKey key);

    /// <summary>Ends the key's back-off.</summary>
    void Forget(TKey key);

    /// <summary>How often the key was added rate limited since it was last forgotten.</summary>
    int Retries(TKey key);

    /// <summary>Takes the next key; the caller owes a <see cref="Done"/>. Null at shut-down.</summary>
    ValueTask<WorkItem<TKey>?> TakeAsync(CancellationToken cancellationToken);

    void Done(TKey key);

    /// <summary>No more keys are taken in; takers get null.</summary>
    void ShutDown();
}
