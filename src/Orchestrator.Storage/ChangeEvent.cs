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

    /// <summary>The collection's next event, as soon as it is published. Watchers follow it; that is the whole fan-out.</summary>
    internal ChangeEvent? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>Counts the collection's events, so that a watcher's lag is a subtraction.</summary>
    internal long Sequence { get; set; }

    /// <summary>Kind, key and revision, for messages.</summary>
    public override string ToString() => $"{Kind} {Value.Key}@{Revision}";
}
