namespace Orchestrator.Storage.Watching;

/// <summary>Events that have left memory, from an engine that keeps them.</summary>
internal interface IEventHistory
{
    /// <summary>Whether events after this revision may still be known.</summary>
    bool Reaches(string collection, Revision after);

    /// <summary>The events after one revision up to and including another, in order; null if some are no longer known.</summary>
    ValueTask<IReadOnlyList<ChangeEvent>?> ReadEventsAsync(string collection, Revision after, Revision upTo, CancellationToken cancellationToken);
}
