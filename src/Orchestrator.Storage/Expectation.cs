namespace Orchestrator.Storage;

/// <summary>What must hold for a key when its transaction is committed.</summary>
/// <param name="Kind">The kind of condition.</param>
/// <param name="Revision">For <see cref="ExpectationKind.AtRevision"/>: the modification revision.</param>
public readonly record struct Expectation(ExpectationKind Kind, Revision Revision)
{
    /// <summary>Nothing is expected.</summary>
    public static Expectation Any => default;

    /// <summary>The key must not exist.</summary>
    public static Expectation Absent => new(ExpectationKind.Absent, Revision.None);

    /// <summary>The key must exist, in whatever version.</summary>
    public static Expectation Exists => new(ExpectationKind.Exists, Revision.None);

    /// <summary>The key must exist and have been modified last at <paramref name="revision"/>.</summary>
    public static Expectation AtRevision(Revision revision) => new(ExpectationKind.AtRevision, revision);

    /// <summary>Whether the expectation holds for what is stored (null: absent).</summary>
    public bool Holds(StoredValue? current) => Kind switch
    {
        ExpectationKind.Any => true,
        ExpectationKind.Absent => current is null,
        ExpectationKind.Exists => current is not null,
        ExpectationKind.AtRevision => current is not null && current.ModRevision == Revision,
        _ => throw new InvalidOperationException($"unknown expectation {Kind}"),
    };
}
