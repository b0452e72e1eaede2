namespace Orchestrator.Storage;

/// <summary>One change in a key's retained past.</summary>
/// <param name="Revision">When, in revisions.</param>
/// <param name="Time">When, by the clock of the server that committed it; null if the engine does not know.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Value">The value written; for a deletion the last value, null if that is no longer known.</param>
public sealed record HistoryEntry(Revision Revision, DateTimeOffset? Time, ChangeKind Kind, StoredValue? Value);
