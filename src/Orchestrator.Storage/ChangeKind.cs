namespace Orchestrator.Storage;

/// <summary>What happened to a key.</summary>
public enum ChangeKind : byte
{
    /// <summary>It appeared.</summary>
    Created,

    /// <summary>It got a new value.</summary>
    Modified,

    /// <summary>It disappeared.</summary>
    Deleted,
}
