namespace Orchestrator.Storage;

/// <summary>What all engines can be told.</summary>
public sealed class StoreOptions
{
    /// <summary>How long superseded values can be read back. Default 1 hour. Costs disk: every version written in that time stays.</summary>
    public TimeSpan HistoryRetention { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Collections whose superseded values are not kept beyond the watch window, for what changes often and tells little.</summary>
    public IReadOnlySet<string> WithoutHistory { get; init; } =
        new HashSet<string>(StringComparer.Ordinal) { "coordination.k8s.io/leases", "events", "events.k8s.io/events" };

    /// <summary>
    /// How many events a collection keeps in memory: for watches that start in the past and for watchers that are behind, who are cut
    /// off when they leave this window. Default 65,536.
    /// </summary>
    public int WindowEventsMax { get; init; } = 65_536;

    /// <summary>How many bytes of payload the events that a collection keeps may hold. Default 16 MiB.</summary>
    public long WindowBytesMax { get; init; } = 16 << 20;

    /// <summary>How long events stay in memory. Default 5 minutes, which is how long upstream keeps a <c>continue</c> token valid.</summary>
    public TimeSpan WindowAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most events that one read from a watch returns. Default 512.</summary>
    public int WatchBatchMax { get; init; } = 512;

    /// <summary>Seals values on their way to disk; null writes them as they are.</summary>
    public IValueTransformer? Transformer { get; init; }
}
