using Microsoft.Extensions.Logging;

namespace Orchestrator.Storage.Sqlite;

/// <summary>
/// Copies the write-ahead log into the database behind the committer's back. A copy beside a busy writer never catches up, and a log that was
/// not copied to its end cannot be started over; so once little is left the committer finishes it between two commits.
/// </summary>
internal sealed partial class SqliteCheckpointer(string path, long checkpointBytes, ILogger logger)
{
    // What the committer may be asked to copy itself: a few milliseconds.
    private const int FramesLeftMax = 256;
    private const int PassesMax = 4;
    private const int PageBytes = 8192;

    private long _written;
    private Task _copying = Task.CompletedTask;
    private volatile bool _isReadyToFinish;

    /// <summary>Whether <see cref="Finish"/> is due.</summary>
    public bool IsReadyToFinish => _isReadyToFinish;

    /// <summary>Tells of a commit; called by the committer.</summary>
    public void Written(long payloadBytes, int changes)
    {
        // Estimated: values, their row overhead, and the tail pages that every commit writes again.
        _written += payloadBytes + (changes * 128L) + (3 * PageBytes);
        if (_written >= checkpointBytes && _copying.IsCompleted && !_isReadyToFinish)
        {
            _copying = Task.Run(Copy);
        }
    }

    /// <summary>Copies the rest, after which the next commit starts the log over; called by the committer between commits.</summary>
    public void Finish(SqliteLog log)
    {
        _isReadyToFinish = false;
        _written = 0;
        try
        {
            log.Checkpoint();
        }
        catch (SqliteFailure failure)
        {
            LogFailed(failure);
        }
    }

    /// <summary>Waits for a copy in progress.</summary>
    public Task StopAsync() => _copying;

    private void Copy()
    {
        try
        {
            using var database = SqliteDatabase.Open(path, readOnly: false);
            database.Execute("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL;");
            var before = 0;
            for (var pass = 0; pass < PassesMax; pass++)
            {
                var (frames, copied) = database.CheckpointPassive();
                if (frames - before < FramesLeftMax || copied < frames)
                {
                    break;
                }

                before = copied;
            }

            _isReadyToFinish = true;
        }
        catch (SqliteFailure failure) when (failure.Code == SQLitePCL.raw.SQLITE_BUSY)
        {
            // Somebody else is copying, such as a backup; the next commit tries again.
        }
        catch (SqliteFailure failure)
        {
            // The log only grows; the next commit past the threshold tries again.
            LogFailed(failure);
        }
    }

    [LoggerMessage(StorageEvents.CheckpointFailed, LogLevel.Error, "A checkpoint failed; the write-ahead log keeps growing until one succeeds")]
    private partial void LogFailed(Exception exception);
}
