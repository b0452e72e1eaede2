using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>Workers that take keys from a queue and reconcile them, one pass per key at a time.</summary>
public sealed partial class ReconcileLoop(string name, IReconciler reconciler, IWorkQueue<ObjectKey> queue, ILogger logger)
{
    /// <summary>Works until cancelled, then lets the passes under way end.</summary>
    public async Task RunAsync(int workers, CancellationToken cancellationToken)
    {
        await using var shutDown = cancellationToken.Register(static q => ((IWorkQueue<ObjectKey>)q!).ShutDown(), queue);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(cancellationToken), CancellationToken.None)));
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await queue.TakeAsync(cancellationToken) is { } item && !cancellationToken.IsCancellationRequested)
            {
                await PassAsync(item.Key, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shut down.
        }
    }

    private async Task PassAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            var result = await reconciler.ReconcileAsync(key, cancellationToken);
            if (result.IsRetry)
            {
                if (result.Error is { } error)
                {
                    LogRefused(error, key);
                }

                queue.AddRateLimited(key);
                return;
            }

            queue.Forget(key);
            if (result.After is { } after)
            {
                queue.AddAfter(key, after);
            }
        }
        catch (ApiStatusException e)
        {
            LogRefused(e.Status, key);
            queue.AddRateLimited(key);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One bad object never stops the others; it is tried again, later each time.
            LogFailed(e, name, key);
            queue.AddRateLimited(key);
        }
        finally
        {
            queue.Done(key);
        }
    }

    private void LogRefused(Status error, ObjectKey key)
    {
        // Conflicts are the daily bread of controllers: somebody else was quicker.
        if (error.Reason == StatusReason.Conflict)
        {
            LogConflict(name, key, error.Message);
        }
        else
        {
            LogRetry(name, key, error.Message);
        }
    }

    [LoggerMessage(LogLevel.Debug, "{Controller} {Key}: {Reason}")]
    private partial void LogConflict(string controller, ObjectKey key, string reason);

    [LoggerMessage(LogLevel.Warning, "{Controller} {Key} will be tried again: {Reason}")]
    private partial void LogRetry(string controller, ObjectKey key, string reason);

    [LoggerMessage(LogLevel.Error, "{Controller} {Key} failed")]
    private partial void LogFailed(Exception exception, string controller, ObjectKey key);
}
