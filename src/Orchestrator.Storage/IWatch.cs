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
    /// Everything in scope up to this revision has been returned by reads, or is being returned by one that was woken and has not ended yet. Moves on
    /// with the store while a read is waiting. May be asked while a read is waiting, from another thread too.
    /// </summary>
    Revision Progress { get; }

    /// <summary>
    /// The progress while a read is waiting and nothing is on its way from it; null at any other time. It is what a bookmark beside a read may say: one
    /// that went before its events would make a client whose connection breaks right then miss them.
    /// </summary>
    Revision? IdleProgress { get; }
}
