namespace Orchestrator.Storage;

/// <summary>What an <see cref="Operation"/> does if its transaction commits.</summary>
public enum OperationKind : byte
{
    /// <summary>Writes a value.</summary>
    Put,

    /// <summary>Removes a value.</summary>
    Delete,

    /// <summary>Writes nothing; its expectation guards the transaction.</summary>
    Check,
}
