using Orchestrator.ApiServer.Access;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>How often and how fast requests are authenticated and authorized.</summary>
internal sealed class AccessInstruments
{
    private static readonly double[] Buckets = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];

    private readonly SeriesFamily<Counter> _users;
    private readonly Counter _others;

    public AccessInstruments(MetricRegistry metrics)
    {
        var attempts = metrics.Counter("authentication_attempts", "[ALPHA] Counter of authenticated attempts.", "result");
        var durations = metrics.Histogram("authentication_duration_seconds", "[ALPHA] Authentication duration in seconds broken out by result.", Buckets, "result");
        (Recognised, Unknown, Refused) = (Tried("success"), Tried("failure"), Tried("error"));
        var decisions = metrics.Counter("authorization_attempts_total", "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.", "result");
        var decisionTimes = metrics.Histogram("authorization_duration_seconds", "[ALPHA] Authorization duration in seconds broken out by result.", Buckets, "result");
        (Allowed, Denied, NoOpinion, Failed) = (Decided("allowed"), Decided("denied"), Decided("no-opinion"), Decided("error"));
        _users = metrics.Counter("authenticated_user_requests", "[ALPHA] Counter of authenticated requests broken out by username.", "username");
        _others = _users.With("other");
        Series Decided(string result) => new(decisions.With(result), decisionTimes.With(result));
        Series Tried(string result) => new(attempts.With(result), durations.With(result));
    }

    public Series Recognised { get; }

    /// <summary>No credentials, where nobody may come without.</summary>
    public Series Unknown { get; }

    /// <summary>Bad credentials.</summary>
    public Series Refused { get; }

    public Series Allowed { get; }

    /// <summary>By an authorizer that says no; where nobody says yes there is <see cref="NoOpinion"/>.</summary>
    public Series Denied { get; }

    public Series NoOpinion { get; }

    /// <summary>An authorizer could not be asked.</summary>
    public Series Failed { get; }

    /// <summary>Counts who was recognised. Names are without number, and nobody's business: all but a few count as one.</summary>
    public void Seen(string user)
    {
        var counter = user is "admin" or "client" or "kube_proxy" or "kubelet" or "system:serviceaccount:kube-system:default" ? _users.With(user)
            : user.Contains('@', StringComparison.Ordinal) ? _users.With("email_id")
            : _others;
        counter.Increment();
    }

    /// <summary>What was decided.</summary>
    public Series Of(in AccessDecision decision) => decision.IsAllowed ? Allowed : decision.Error.Length > 0 ? Failed : decision.Verdict == AccessVerdict.Deny ? Denied : NoOpinion;

    internal sealed record Series(Counter Count, Histogram Duration)
    {
        public void Add(TimeSpan elapsed)
        {
            Count.Increment();
            Duration.Observe(elapsed);
        }
    }
}
