namespace Orchestrator.Storage;

/// <summary>Shorthands over <see cref="IStore"/>.</summary>
public static class StoreExtensions
{
    extension(IStore store)
    {
        /// <summary>Commits a transaction of one operation.</summary>
        public ValueTask<CommitResult> CommitAsync(Operation operation, CancellationToken cancellationToken) =>
            store.CommitAsync(new Transaction(operation), cancellationToken);

        /// <summary>The value of a key as it is now, or null.</summary>
        public StoredValue? Get(StoreKey key) => store.Snapshot(key.Collection).Find(key.Name);
    }
}
