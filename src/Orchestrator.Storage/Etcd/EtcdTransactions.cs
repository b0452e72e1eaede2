using Google.Protobuf;
using Orchestrator.Protos.Etcd;
using Orchestrator.Protos.Etcd.Mvcc;

namespace Orchestrator.Storage.Etcd;

/// <summary>Our transactions in etcd's words, and etcd's answers in ours.</summary>
internal sealed class EtcdTransactions(EtcdKeys keys, IValueTransformer? transformer)
{
    public TxnRequest Request(Transaction transaction)
    {
        var request = new TxnRequest();
        foreach (var operation in transaction.Operations)
        {
            var key = keys.Of(operation.Key);
            if (Comparison(operation.Expectation, key) is { } comparison)
            {
                request.Compare.Add(comparison);
            }

            // One answer per operation in both branches, so that positions agree.
            request.Success.Add(Step(operation, key));
            request.Failure.Add(new RequestOp { RequestRange = new() { Key = key } });
        }

        return request;
    }

    /// <summary>If the comparisons failed: the first operation that would, and what is there.</summary>
    public (int Operation, StoredValue? Current) Failure(Transaction transaction, TxnResponse response)
    {
        for (var i = 0; i < transaction.Operations.Length; i++)
        {
            var found = response.Responses[i].ResponseRange.Kvs;
            var current = found.Count == 0 ? null : Value(transaction.Operations[i].Key, found[0]);
            if (!transaction.Operations[i].Expectation.Holds(current))
            {
                return (i, current);
            }
        }

        throw new StoreCorruptedException("etcd refused a transaction whose expectations all hold");
    }

    /// <summary>The value that a check found or a delete removed, as etcd tells it.</summary>
    public StoredValue? Found(Operation operation, ResponseOp response)
    {
        var found = operation.Kind == OperationKind.Delete ? response.ResponseDeleteRange.PrevKvs : response.ResponseRange.Kvs;
        return found.Count == 0 ? null : Value(operation.Key, found[0]);
    }

    public StoredValue Value(StoreKey key, KeyValue stored) =>
        new(key, Open(key, stored.Value), new(stored.CreateRevision), new(stored.ModRevision), operationIndex: 0, attachment: null);

    /// <summary>The plain form; the memory is the message's own and is kept.</summary>
    public ReadOnlyMemory<byte> Open(StoreKey key, ByteString stored) => transformer?.Open(key, stored.Memory) ?? stored.Memory;

    private RequestOp Step(Operation operation, ByteString key) => operation.Kind switch
    {
        OperationKind.Put => new() { RequestPut = new() { Key = key, Value = Seal(operation) } },
        OperationKind.Delete => new() { RequestDeleteRange = new() { Key = key, PrevKv = true } },
        _ => new() { RequestRange = new() { Key = key } },
    };

    private ByteString Seal(Operation operation) =>
        UnsafeByteOperations.UnsafeWrap(transformer?.Seal(operation.Key, operation.Payload) ?? operation.Payload);

    private static Compare? Comparison(Expectation expectation, ByteString key) => expectation.Kind switch
    {
        ExpectationKind.Absent => Revision(key, Compare.Types.CompareResult.Equal, 0),
        ExpectationKind.Exists => Revision(key, Compare.Types.CompareResult.Greater, 0),
        ExpectationKind.AtRevision => Revision(key, Compare.Types.CompareResult.Equal, expectation.Revision.Value),
        _ => null,
    };

    private static Compare Revision(ByteString key, Compare.Types.CompareResult result, long revision) =>
        new() { Key = key, Target = Compare.Types.CompareTarget.Mod, Result = result, ModRevision = revision };
}
