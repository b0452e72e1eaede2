namespace Orchestrator.Storage;

/// <summary>One version of one value. Immutable and shared by everybody who reads it; a change makes a new one.</summary>
public sealed class StoredValue
{
    private object? _attachment;

    /// <summary>Called by engines only: a value exists because a transaction wrote it.</summary>
    internal StoredValue(
        StoreKey key, ReadOnlyMemory<byte> payload, Revision createRevision, Revision modRevision, int operationIndex, object? attachment)
    {
        Key = key;
        Payload = payload;
        CreateRevision = createRevision;
        ModRevision = modRevision;
        OperationIndex = operationIndex;
        _attachment = attachment;
    }

    /// <summary>The value's name.</summary>
    public StoreKey Key { get; }

    /// <summary>The name inside its collection.</summary>
    public string Name => Key.Name;

    /// <summary>The bytes that were committed; never copied, so nobody may write to them.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The revision that made the key appear (again, if it had been deleted before).</summary>
    public Revision CreateRevision { get; }

    /// <summary>The revision that wrote this version.</summary>
    public Revision ModRevision { get; }

    /// <summary>Which operation of its transaction wrote it; with <see cref="ModRevision"/> it identifies this version.</summary>
    internal int OperationIndex { get; }

    /// <summary>What the committer attached, or what <see cref="GetOrCreateAttachment"/> made since. Null after a load until somebody asks.</summary>
    public object? Attachment => Volatile.Read(ref _attachment);

    /// <summary>
    /// The attachment, made from the payload by <paramref name="factory"/> if there is none yet (a value read from disk or written
    /// by another server). Callers at the same time may both make one; all get the one that came first.
    /// </summary>
    public object GetOrCreateAttachment(IAttachmentFactory factory)
    {
        var existing = Volatile.Read(ref _attachment);
        if (existing is not null)
        {
            return existing;
        }

        var created = factory.Create(this);
        return Interlocked.CompareExchange(ref _attachment, created, null) ?? created;
    }

    /// <summary>Forgets the attachment, so that its memory can be reclaimed; the next reader makes it again.</summary>
    public void DropAttachment() => Volatile.Write(ref _attachment, null);

    /// <summary>Key and version, for messages.</summary>
    public override string ToString() => $"{Key}@{ModRevision}";
}
