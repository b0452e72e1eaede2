namespace Orchestrator.ApiServer.Metrics;

/// <summary>The series of one kind of request: same verb, resource, scope. Kept by <see cref="RequestInstruments"/>, so that a request looks up once.</summary>
internal sealed class RequestSeries(Func<int, Counter> total, Histogram duration, Histogram sliDuration, Histogram? sizes, Func<Gauge> longRunning)
{
    private Answers[] _answers = [];

    /// <summary>Requests that stay open: watches, logs, exec and the like.</summary>
    public Gauge Open => field ??= longRunning();

    /// <summary>An answer was given.</summary>
    /// <param name="code">The HTTP status.</param>
    /// <param name="elapsed">Since the request came.</param>
    /// <param name="waited">How much of it was spent in a queue, which is not the server's own doing.</param>
    /// <param name="bytes">The answer's length; negative if unknown.</param>
    public void Answered(int code, TimeSpan elapsed, TimeSpan waited, long bytes)
    {
        CounterOf(code).Increment();
        duration.Observe(elapsed);
        sliDuration.Observe(elapsed - waited);
        if (sizes is not null && bytes >= 0)
        {
            sizes.Observe(bytes);
        }
    }

    private Counter CounterOf(int code)
    {
        foreach (var known in _answers)
        {
            if (known.Code == code)
            {
                return known.Counter;
            }
        }

        // Two threads may add at once and one addition is lost: it comes again with the next such answer, and the counter is the same one.
        var counter = total(code);
        _answers = [.. _answers, new(code, counter)];
        return counter;
    }

    private readonly record struct Answers(int Code, Counter Counter);
}
