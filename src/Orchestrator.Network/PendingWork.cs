using System.Collections.Concurrent;

namespace Orchestrator.Network;

/// <summary>Tasks that were started in passing and are awaited when their owner stops.</summary>
/// <remarks>The owner bounds how many there can be and sees to it that they end.</remarks>
internal sealed class PendingWork
{
    private readonly ConcurrentDictionary<long, Task> _tasks = new();
    private long _next;

    /// <summary>How many are under way.</summary>
    public int Count => _tasks.Count;

    public void Run(Func<Task> work)
    {
        var id = Interlocked.Increment(ref _next);
        var task = work();
        if (task.IsCompletedSuccessfully)
        {
            return;
        }

        _tasks[id] = task;
        task.ContinueWith(
            static (_, state) =>
            {
                var (tasks, id) = ((ConcurrentDictionary<long, Task>, long))state!;
                tasks.TryRemove(id, out Task? _);
            },
            (_tasks, id),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
    }

    /// <summary>Waits for all of them; throws what one of them threw.</summary>
    public Task WhenAllAsync() => Task.WhenAll(_tasks.Values);
}
