namespace Orchestrator.ApiServer.Metrics;

/// <summary>How often and how fast requests are authenticated and authorized.</summary>
internal sealed class AccessInstruments
{
    private static readonly double[] Buckets = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];

    public AccessInstruments(MetricRegistry metrics)
    {
        var attempts = metrics.Counter("authentication_attempts", "[ALPHA] Counter of authenticated attempts.", "result");
        var durations = metrics.Histogram("authentication_duration_seconds", "[ALPHA] Authentication duration in seconds broken out by result.", Buckets, "result");
        (Recognised, Unknown, Refused) = (Of("success"), Of("failure"), Of("error"));
        var decisions = metrics.Counter("authorization_attempts_total", "[ALPHA] Counter of authorization attempts broken down by result.", "result");
        var decisionTimes = metrics.Histogram("authorization_duration_seconds", "[ALPHA] Authorization duration in seconds broken out by result.", Buckets, "result");
        (Allowed, Denied) = (new(decisions.With("allowed"), decisionTimes.With("allowed")), new(decisions.With("denied"), decisionTimes.With("denied")));
        Series Of(string result) => new(attempts.With(result), durations.With(result));
    }

    public Series Recognised { get; }

    /// <summary>No credentials.</summary>
    public Series Unknown { get; }

    /// <summary>Bad credentials.</summary>
    public Series Refused { get; }

    public Series Allowed { get; }

    public Series Denied { get; }

    internal sealed record Series(Counter Count, Histogram Duration)
    {
        public void Add(TimeSpan elapsed)
        {
            Count.Increment();
            Duration.Observe(elapsed);
        }
    }
}
