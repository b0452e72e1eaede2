namespace Orchestrator.Storage;

/// <summary>Reads a collection's changes from a revision on: in order, without gaps. For one reader; dispose it to stop.</summary>
public interface IWatch : IDisposable
{
    /// <summary>
    /// The next events; completes as soon as there is one. Events of one transaction are never split over two reads. A cancelled read loses nothing, the next one goes on where the last ended.
    /// After any status but <see cref="WatchStatus.Events"/> every read answers the same.
    /// </summary>
    ValueTask<WatchBatch> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Everything in scope up to this revision has been returned by reads. Moves on with the store while a read is waiting, so it is
    /// what a bookmark says. May be asked while a read is waiting, from another thread too.
    /// </summary>
    Revision Progress { get; }
}
