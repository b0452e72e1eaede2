namespace Orchestrator.Storage;

/// <summary>
/// Transactions on their way to durability: evaluated against memory and one another, but not published yet. Used by one thread; there is
/// one batch at a time.
/// </summary>
internal sealed class CommitBatch(StoreMemory memory, DateTimeOffset time)
{
    private readonly List<CollectionState> _touched = [];

    /// <summary>What is to be written, in order.</summary>
    public List<ChangeEvent> Changes { get; } = [];

    /// <summary>The revision of the last transaction that writes.</summary>
    public Revision Revision { get; private set; } = memory.CurrentRevision;

    /// <summary>The collections that are written to.</summary>
    public IReadOnlyList<CollectionState> Touched => _touched;

    /// <summary>Adds a transaction if its expectations hold. The result must not be told to the caller before the batch is durable.</summary>
    public CommitResult Apply(Transaction transaction)
    {
        var operations = transaction.Operations;
        var writes = false;
        for (var i = 0; i < operations.Length; i++)
        {
            var operation = operations[i];
            writes |= operation.Kind != OperationKind.Check;
            var current = memory.Collection(operation.Key.Collection).Builder.Find(operation.Key.Name);
            if (!operation.Expectation.Holds(current))
            {
                return CommitResult.Failed(Revision, i, current);
            }
        }

        var revision = writes ? new(Revision.Value + 1) : Revision;
        Revision = revision;
        if (operations.Length == 1)
        {
            return CommitResult.Committed(revision, Apply(operations[0], revision, index: 0));
        }

        var values = new StoredValue?[operations.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Apply(operations[i], revision, i);
        }

        return CommitResult.Committed(revision, values);
    }

    /// <summary>Adds a change that has been decided elsewhere.</summary>
    public void Apply(Revision revision, int index, StoreKey key, ReadOnlyMemory<byte> payload, Revision createRevision, object? attachment)
    {
        Revision = Revision.Max(Revision, revision);
        var state = memory.Collection(key.Collection);
        var value = new StoredValue(key, payload, createRevision, revision, index, attachment);
        Add(state, value, state.Builder.Put(value), revision);
    }

    /// <summary>Adds a deletion that has been decided elsewhere.</summary>
    public void ApplyDelete(Revision revision, StoreKey key)
    {
        Revision = Revision.Max(Revision, revision);
        var state = memory.Collection(key.Collection);
        if (state.Builder.Remove(key.Name) is { } removed)
        {
            Add(state, new ChangeEvent(ChangeKind.Deleted, revision, removed, removed) { Time = time });
        }
    }

    /// <summary>Moves on to a revision that changed nothing here.</summary>
    public void Advance(Revision revision) => Revision = Revision.Max(Revision, revision);

    /// <summary>Undoes the batch: it did not become durable.</summary>
    public void Discard()
    {
        foreach (var state in _touched)
        {
            state.DiscardPending();
        }
    }

    /// <summary>How many rows the batch supersedes in collections that keep no history.</summary>
    public int UnkeptRows(IReadOnlySet<string> withoutHistory)
    {
        var rows = 0;
        foreach (var change in Changes)
        {
            if (change.Kind != ChangeKind.Created && withoutHistory.Contains(change.Value.Key.Collection))
            {
                rows += change.Kind == ChangeKind.Deleted ? 2 : 1;
            }
        }

        return rows;
    }

    private StoredValue? Apply(Operation operation, Revision revision, int index)
    {
        var state = memory.Collection(operation.Key.Collection);
        switch (operation.Kind)
        {
            case OperationKind.Put:
                var previous = state.Builder.Find(operation.Key.Name);
                var value = new StoredValue(
                    operation.Key, operation.Payload, previous?.CreateRevision ?? revision, revision, index, operation.Attachment);
                state.Builder.Put(value);
                Add(state, value, previous, revision);
                return value;

            case OperationKind.Delete:
                // Its expectation held, and each that a deletion can have says that the value exists.
                var removed = state.Builder.Remove(operation.Key.Name)!;
                Add(state, new ChangeEvent(ChangeKind.Deleted, revision, removed, removed) { OperationIndex = index, Time = time });
                return removed;

            default:
                return state.Builder.Find(operation.Key.Name);
        }
    }

    private void Add(CollectionState state, StoredValue value, StoredValue? previous, Revision revision) =>
        Add(state, new ChangeEvent(previous is null ? ChangeKind.Created : ChangeKind.Modified, revision, value, previous) 
        {
            OperationIndex = value.OperationIndex,
            Time = time,
        });

    private void Add(CollectionState state, ChangeEvent change)
    {
        if (state.Pending.Count == 0)
        {
            _touched.Add(state);
        }

        state.Pending.Add(change);
        Changes.Add(change);
    }
}
