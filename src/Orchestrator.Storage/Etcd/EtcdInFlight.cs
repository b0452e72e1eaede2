using System.Collections.Concurrent;

namespace Orchestrator.Storage.Etcd;

/// <summary>What this server is writing at the moment, so that it is recognized when etcd's watch brings it.</summary>
internal sealed class EtcdInFlight
{
    private readonly ConcurrentDictionary<StoreKey, Operation> _operations = new();

    public void Add(Transaction transaction)
    {
        foreach (var operation in transaction.Operations)
        {
            if (operation.Kind == OperationKind.Put)
            {
                _operations[operation.Key] = operation;
            }
        }
    }

    public void Remove(Transaction transaction)
    {
        foreach (var operation in transaction.Operations)
        {
            _operations.TryRemove(KeyValuePair.Create(operation.Key, operation));
        }
    }

    /// <summary>The write of these bytes to this key, if it is one of ours. Whoever wrote them, equal bytes have equal attachments.</summary>
    public Operation? Find(StoreKey key, ReadOnlySpan<byte> payload) =>
        _operations.TryGetValue(key, out var operation) && operation.Payload.Span.SequenceEqual(payload) ? operation : null;
}
