using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Client;

/// <summary>The common part of both recorders: a bounded queue of news and the one task that writes them.</summary>
public abstract partial class EventPump : IEventRecorder, IAsyncDisposable
{
    // Upstream's figures: what waits at most, how often a write is tried, and how long between.
    private const int QueueLength = 1000;
    private const int Tries = 12;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(10);

    private readonly Channel<EventNews> _queue = Channel.CreateBounded<EventNews>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger;
    private readonly Task _run;
    private long _lastTicks;

    protected EventPump(TimeProvider time, ILogger logger)
    {
        Time = time;
        _logger = logger;
        _run = Task.Run(RunAsync);
    }

    protected TimeProvider Time { get; }

    public void Record(ObjectReference regarding, string type, string reason, string message, ObjectReference? related = null, string action = "")
    {
        // The API's limit; longer texts would be refused.
        var text = message.Length > 1024 ? message[..1024] : message;
        _queue.Writer.TryWrite(new(regarding, type, reason, text, related, action, NextMoment()));
    }

    /// <summary>Ends after what waits has been written, or two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!_queue.Writer.TryComplete())
        {
            return;
        }

        _stop.CancelAfter(TimeSpan.FromSeconds(2));
        await _run;
        _stop.Dispose();
    }

    /// <summary>Now, or the moment after the last one given: Events are named after their moment, and no two may have the same.</summary>
    private DateTimeOffset NextMoment()
    {
        long last, next;
        do
        {
            last = Volatile.Read(ref _lastTicks);
            next = Math.Max(Time.GetUtcNow().UtcTicks, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastTicks, next, last) != last);
        return new(next, TimeSpan.Zero);
    }

    /// <summary>Writes one piece of news; an error that another try could mend is tried again.</summary>
    private protected abstract ValueTask<ApiResult> WriteAsync(EventNews news, CancellationToken cancellationToken);

    private async Task RunAsync()
    {
        try
        {
            await foreach (var news in _queue.Reader.ReadAllAsync(_stop.Token))
            {
                await WriteWithRetriesAsync(news);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Shut down; what still waited is lost.
        }
    }

    private async Task WriteWithRetriesAsync(EventNews news)
    {
        for (var i = 1; ; i++)
        {
            ApiResult result;
            try
            {
                result = await WriteAsync(news, _stop.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e, news.Reason, news.Regarding.Name);
                return;
            }

            // Only silence is worth another try; a refusal stays one.
            if (result.Error is not { } error)
            {
                return;
            }

            if (error.Reason != ClientStatus.Unreachable || i == Tries)
            {
                if (error.Reason is not (StatusReason.AlreadyExists or StatusReason.NotFound or StatusReason.Forbidden))
                {
                    LogRefused(news.Reason, news.Regarding.Name, error.Message);
                }

                return;
            }

            await Task.Delay(BetweenTries, Time, _stop.Token);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The event {Reason} of {Name} was lost: {Message}")]
    private partial void LogRefused(string reason, string name, string message);

    [LoggerMessage(LogLevel.Error, "The event {Reason} of {Name} was lost")]
    private partial void LogFailed(Exception exception, string reason, string name);
}
