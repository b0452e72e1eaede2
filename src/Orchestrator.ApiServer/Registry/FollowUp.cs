using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>How far one of the server's own loops has come in following the writes of a resource.</summary>
/// <remarks>
/// What such a loop adds (the accepted names of a definition, a flow schema's condition) takes it a moment. Answers to writes wait for it: whoever
/// has been answered finds the names and conditions there, however quickly he asks.
/// </remarks>
internal sealed class FollowUp(TimeProvider time)
{
    /// <summary>An answer comes without the addition rather than late: on a server in trouble the loop may be held up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<(Revision Revision, TaskCompletionSource Done)> _waiting = [];
    private Revision _reached;

    /// <summary>Everything up to this revision has been followed.</summary>
    public void Reached(Revision revision)
    {
        lock (_lock)
        {
            _reached = Revision.Max(_reached, revision);
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (_waiting[i].Revision <= _reached)
                {
                    _waiting[i].Done.TrySetResult();
                    _waiting.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>Returns when the revision is reached, or when it has taken too long.</summary>
    public async ValueTask WhenReachedAsync(Revision revision, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (revision <= _reached)
            {
                return;
            }

            _waiting.Add((revision, done));
        }

        try
        {
            await done.Task.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Its place in the list is given up when the loop gets there.
        }
    }
}
