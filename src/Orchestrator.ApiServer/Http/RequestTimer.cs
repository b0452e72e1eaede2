using Microsoft.AspNetCore.Http;

namespace Orchestrator.ApiServer.Http;

/// <summary>
/// Ends one request after the other when its time is up: what waits for the client to go waits for that too. Used again and again, since a request's
/// time is hardly ever up and a token with a timer for each would be the larger part of a small request's garbage.
/// </summary>
internal sealed class RequestTimer : IDisposable
{
    /// <summary>A timer that may have been about to fire when it was stopped is not used again.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _source = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private CancellationTokenRegistration _gone;
    private CancellationToken _client;
    private HttpContext? _context;
    private TimeSpan _limit;
    private long _startedAt;

    public RequestTimer(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static timer => ((RequestTimer)timer!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The request's time was up before the client had gone.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Starts the clock of a request: its <see cref="HttpContext.RequestAborted"/> ends with it.</summary>
    public void Start(HttpContext context, TimeSpan limit)
    {
        (_context, _client, _limit, _startedAt) = (context, context.RequestAborted, limit, _time.GetTimestamp());
        _gone = _client.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        context.RequestAborted = _source.Token;
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gives the request back its own end.</summary>
    /// <returns>Whether this can time another request.</returns>
    public bool Stop()
    {
        if (_context is not { } context)
        {
            return false;
        }

        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _gone.Dispose();
        context.RequestAborted = _client;
        (_context, _client, _gone) = (null, default, default);
        return !_source.IsCancellationRequested && _time.GetElapsedTime(_startedAt) < _limit - Margin;
    }

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void Expire()
    {
        IsOver = !_source.IsCancellationRequested;
        try
        {
            // Elsewhere: who waits goes on in another thread than the timers' own.
            _ = _source.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The answer was out at the same moment.
        }
    }
}
