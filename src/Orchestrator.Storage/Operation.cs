namespace Orchestrator.Storage;

/// <summary>One step of a <see cref="Transaction"/>: a key, what must hold for it, and what becomes of it.</summary>
public sealed class Operation
{
    private Operation(OperationKind kind, StoreKey key, Expectation expectation, ReadOnlyMemory<byte> payload, object? attachment)
    {
        ArgumentException.ThrowIfNullOrEmpty(key.Collection, nameof(key));
        ArgumentException.ThrowIfNullOrEmpty(key.Name, nameof(key));
        Kind = kind;
        Key = key;
        Expectation = expectation;
        Payload = payload;
        Attachment = attachment;
    }

    /// <summary>What is done.</summary>
    public OperationKind Kind { get; }

    /// <summary>To which key.</summary>
    public StoreKey Key { get; }

    /// <summary>What must hold.</summary>
    public Expectation Expectation { get; }

    /// <summary>The bytes to write; the store keeps and shares this memory, so it belongs to the store from now on.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Becomes the <see cref="StoredValue.Attachment"/> of the written value.</summary>
    public object? Attachment { get; }

    /// <summary>Writes a key that must not exist yet.</summary>
    public static Operation Create(StoreKey key, ReadOnlyMemory<byte> payload, object? attachment = null) =>
        new(OperationKind.Put, key, Expectation.Absent, payload, attachment);

    /// <summary>Overwrites a key whose modification revision must be <paramref name="expected"/>.</summary>
    public static Operation Replace(StoreKey key, Revision expected, ReadOnlyMemory<byte> payload, object? attachment = null) =>
        new(OperationKind.Put, key, Expectation.AtRevision(expected), payload, attachment);

    /// <summary>Writes a key, whatever is there.</summary>
    public static Operation Put(StoreKey key, ReadOnlyMemory<byte> payload, object? attachment = null) =>
        new(OperationKind.Put, key, Expectation.Any, payload, attachment);

    /// <summary>Removes a key whose modification revision must be <paramref name="expected"/>.</summary>
    public static Operation Delete(StoreKey key, Revision expected) =>
        new(OperationKind.Delete, key, Expectation.AtRevision(expected), default, null);

    /// <summary>Removes a key in whatever version; it must exist.</summary>
    public static Operation Delete(StoreKey key) => new(OperationKind.Delete, key, Expectation.Exists, default, null);

    /// <summary>Lets the transaction commit only if <paramref name="expectation"/> holds for a key that it does not write.</summary>
    public static Operation Check(StoreKey key, Expectation expectation) => new(OperationKind.Check, key, expectation, default, null);
}
