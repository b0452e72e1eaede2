using Microsoft.Extensions.Logging;

namespace Orchestrator.Agent.Pods.Status;

/// <summary>Writes the status of one pod to the API: at once, in order, until it is there; of those that wait, the newest and what is to be kept.</summary>
/// <param name="update">Writes a status over that of a pod as it was last known, and returns the pod as stored; null if it is gone.</param>
/// <param name="time">Paces the retries.</param>
/// <param name="logger">Hears of failures.</param>
internal sealed partial class PodStatusWriter(
    Func<Pod, PodStatus, CancellationToken, Task<Pod?>> update, TimeProvider time, ILogger<PodStatusWriter> logger) : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(10);
    // What is kept for the record must not pile up while the API is away.
    private const int WaitingMax = 8;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly LinkedList<(Pod Pod, PodStatus Status, bool Keep)> _waiting = [];
    private PodStatus? _written;
    private Pod? _base;
    private Task _writing = Task.CompletedTask;

    /// <summary>Has a status written. Returns at once.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="status">Its status.</param>
    /// <param name="keep">True if watchers are to see this status even if a newer one is there before it is written.</param>
    public void Write(Pod pod, PodStatus status, bool keep = false)
    {
        lock (_lock)
        {
            if (status.Equals(_waiting.Last?.Value.Status ?? _written ?? pod.Status))
            {
                return;
            }

            if (_waiting.Last is { } last && (!last.Value.Keep || _waiting.Count >= WaitingMax))
            {
                _waiting.RemoveLast();
            }

            _waiting.AddLast((pod, status, keep));
            if (_writing.IsCompleted)
            {
                _writing = RunAsync();
            }
        }
    }

    /// <summary>Has the newest status written once more, because somebody has removed what it was written to.</summary>
    public void WriteAgain(Pod pod)
    {
        lock (_lock)
        {
            if ((_waiting.Last?.Value.Status ?? _written) is { } status)
            {
                _written = null;
                _waiting.Clear();
                _waiting.AddLast((pod, status, false));
                if (_writing.IsCompleted)
                {
                    _writing = RunAsync();
                }
            }
        }
    }

    /// <summary>Waits until what was given is written, or the pod is gone.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        Task writing;
        lock (_lock)
        {
            writing = _writing;
        }

        await writing.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await FlushAsync(CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // Cut off by the line above.
        }
    }

    /// <summary>What our own last write was answered with is often newer than what the watch has brought; an older base would conflict.</summary>
    private static Pod Newer(Pod pod, Pod? other) =>
        other is not null
        && ulong.TryParse(other.Metadata.ResourceVersion, out var otherVersion)
        && ulong.TryParse(pod.Metadata.ResourceVersion, out var version)
        && otherVersion > version
            ? other
            : pod;

    private async Task RunAsync()
    {
        await Task.Yield();
        var delay = RetryDelayMin;
        while (true)
        {
            Pod pod;
            PodStatus status;
            lock (_lock)
            {
                if (_waiting.First is not { Value: var next })
                {
                    // The writing ends inside the lock, so that the next Write starts a new one.
                    _writing = Task.CompletedTask;
                    return;
                }

                (pod, status, _) = next;
            }

            try
            {
                _base = await update(Newer(pod, _base), status, _stop.Token);
                delay = RetryDelayMin;
                lock (_lock)
                {
                    _written = status;
                    if (ReferenceEquals(_waiting.First?.Value.Status, status))
                    {
                        _waiting.RemoveFirst();
                    }
                }
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                LogFailed(pod.Text, e.Message);
                await Task.Delay(delay, time, _stop.Token);
                delay = delay * 2 < RetryDelayMax ? delay * 2 : RetryDelayMax;
            }
        }
    }

    [LoggerMessage(5501, LogLevel.Warning, "Cannot write the status of {Pod}, trying again: {Reason}")]
    private partial void LogFailed(string pod, string reason);
}
