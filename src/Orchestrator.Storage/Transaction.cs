using System.Collections.Immutable;

namespace Orchestrator.Storage;

/// <summary>Operations that happen all together, at one revision, or not at all.</summary>
public sealed class Transaction
{
    /// <summary>The most operations that one transaction may have.</summary>
    public const int OperationsMax = 1024;

    /// <summary>Makes a transaction.</summary>
    /// <exception cref="ArgumentException">There is no operation, there are more than <see cref="OperationsMax"/>, or a key occurs twice.</exception>
    public Transaction(params ImmutableArray<Operation> operations)
    {
        if (operations.IsDefaultOrEmpty || operations.Length > OperationsMax)
        {
            throw new ArgumentException($"a transaction has 1 to {OperationsMax} operations, not {(operations.IsDefault ? 0 : operations.Length)}", nameof(operations));
        }

        if (operations.Length > 1)
        {
            var keys = new HashSet<StoreKey>(operations.Length);
            foreach (var operation in operations)
            {
                if (!keys.Add(operation.Key))
                {
                    throw new ArgumentException($"key {operation.Key} occurs twice in one transaction", nameof(operations));
                }
            }
        }

        Operations = operations;
    }

    /// <summary>The operations, in the caller's order.</summary>
    public ImmutableArray<Operation> Operations { get; }
}
