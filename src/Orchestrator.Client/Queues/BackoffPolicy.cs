namespace Orchestrator.Client;

/// <summary>Exponential back-off with a cap, and jitter when a source of chance is given.</summary>
/// <param name="Base">The first delay.</param>
/// <param name="Max">No delay is longer, jitter aside.</param>
/// <param name="Jitter">A delay grows by up to this part of itself; 0 for none.</param>
public readonly record struct BackoffPolicy(TimeSpan Base, TimeSpan Max, double Jitter = 0)
{
    /// <summary>What upstream's work queues use for a failing key.</summary>
    public static BackoffPolicy Queue { get; } = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000));

    /// <summary>For lists and watches that fail; the cap is lower than upstream's, since a returning server can take it.</summary>
    public static BackoffPolicy Watch { get; } = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), 1);

    /// <summary>The delay before try <paramref name="retry"/>, counted from 0.</summary>
    public TimeSpan Delay(int retry, Random? random = null)
    {
        var ticks = Math.Min(Base.Ticks * Math.Pow(2, Math.Min(retry, 62)), Max.Ticks);
        if (random is not null && Jitter > 0)
        {
            ticks += ticks * Jitter * random.NextDouble();
        }

        return TimeSpan.FromTicks((long)ticks);
    }
}
