namespace Orchestrator.Storage;

/// <summary>One change of one key. One instance is shared by all watchers of the collection.</summary>
public sealed class ChangeEvent
{
    private object? _encoded;
    private ChangeEvent? _next;

    internal ChangeEvent(ChangeKind kind, Revision revision, StoredValue value, StoredValue? previous)
    {
        Kind = kind;
        Revision = revision;
        Value = value;
        Previous = previous;
    }

    /// <summary>What happened.</summary>
    public ChangeKind Kind { get; }

    /// <summary>When. For a deletion this is newer than the value's own revision.</summary>
    public Revision Revision { get; }

    /// <summary>The new value; for a deletion, the last one.</summary>
    public StoredValue Value { get; }

    /// <summary>What was there before; null if created.</summary>
    public StoredValue? Previous { get; }

    /// <summary>A place for the encoded form that all watchers share. Racing encoders may both set it; either must do.</summary>
    public object? Encoded
    {
        get => Volatile.Read(ref _encoded);
        set => Volatile.Write(ref _encoded, value);
    }

    /// <summary>Takes the place of the next event when an event leaves the window: who follows it has fallen too far behind.</summary>
    internal static ChangeEvent Severed { get; } =
        new(ChangeKind.Deleted, Revision.None, new StoredValue(new("severed", "severed"), default, default, default, 0, null), null);

    /// <summary>
    /// The collection's next event, as soon as it is published. Watchers follow it; that is the whole fan-out. An event that is kept
    /// after it was read therefore keeps its successors alive, until it leaves the window.
    /// </summary>
    internal ChangeEvent? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>When it was committed, by the clock of the server that did (of this server, if another one did).</summary>
    public DateTimeOffset Time { get; internal init; }

    /// <summary>Which operation of its transaction it is.</summary>
    internal int OperationIndex { get; init; }

    /// <summary>Forgets what can be made again from the bytes: the shared encoding, and the attachments of values that are no more.</summary>
    internal void Settle()
    {
        Encoded = null;
        Previous?.DropAttachment();
        if (Kind == ChangeKind.Deleted)
        {
            Value.DropAttachment();
        }
    }

    /// <summary>Kind, key and revision, for messages.</summary>
    public override string ToString() => $"{Kind} {Value.Key}@{Revision}";
}
