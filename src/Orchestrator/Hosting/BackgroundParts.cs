using Microsoft.Extensions.Logging;

namespace Orchestrator.Hosting;

/// <summary>
/// The parts of the program that run beside each other. Each has an owner here: it is started, awaited at the end, and if it ends by
/// itself the whole program ends, since half a node or half a server helps nobody and a service manager can start it anew.
/// </summary>
internal sealed partial class BackgroundParts(ILogger<BackgroundParts> logger)
{
    private readonly List<(string Name, Task Task)> _running = [];
    private readonly List<Task> _passing = [];

    /// <param name="name">For the log.</param>
    /// <param name="run">Ends only when cancelled.</param>
    /// <param name="stop">Cancels it.</param>
    public void Start(string name, Func<CancellationToken, Task> run, CancellationToken stop) =>
        _running.Add((name, Task.Run(() => run(stop), CancellationToken.None)));

    /// <summary>Starts what ends by itself. If it fails, that is logged and nothing more.</summary>
    public void StartOnce(string name, Func<CancellationToken, Task> run, CancellationToken stop) =>
        _passing.Add(Task.Run(() => RunOnceAsync(name, run, stop), CancellationToken.None));

    /// <summary>Returns when the stop is asked for and every part has ended.</summary>
    /// <param name="stop">Asks the parts to end; cancelled here as well if one of them dies.</param>
    /// <exception cref="InvalidOperationException">A part ended by itself.</exception>
    public async Task RunUntilStoppedAsync(CancellationTokenSource stop)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Token.Register(asked.SetResult);
        var first = await Task.WhenAny(_running.Select(part => part.Task).Append(asked.Task));
        var dead = stop.IsCancellationRequested ? default : _running.Find(part => part.Task == first);
        await stop.CancelAsync();
        foreach (var (name, task) in _running)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // As asked.
            }
            catch (Exception e)
            {
                LogFailed(e, name);
            }
        }

        await Task.WhenAll(_passing);
        if (dead.Name is { } ended)
        {
            throw new InvalidOperationException($"{ended} ended by itself", dead.Task.Exception?.InnerException);
        }
    }

    private async Task RunOnceAsync(string name, Func<CancellationToken, Task> run, CancellationToken stop)
    {
        try
        {
            await run(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As asked.
        }
        catch (Exception e)
        {
            LogFailed(e, name);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Part} failed")]
    private partial void LogFailed(Exception error, string part);
}
