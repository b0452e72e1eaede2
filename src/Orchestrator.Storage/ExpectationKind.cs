namespace Orchestrator.Storage;

/// <summary>The kinds of <see cref="Expectation"/>.</summary>
public enum ExpectationKind : byte
{
    /// <summary>Nothing is expected.</summary>
    Any,

    /// <summary>The key must not exist.</summary>
    Absent,

    /// <summary>The key must exist.</summary>
    Exists,

    /// <summary>The key must exist with a given modification revision.</summary>
    AtRevision,
}
