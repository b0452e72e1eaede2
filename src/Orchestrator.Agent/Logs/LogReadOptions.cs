namespace Orchestrator.Agent.Logs;

/// <summary>Which part of a log to read, and how.</summary>
internal sealed record LogReadOptions
{
    /// <summary>Go on with what is written later, until the container has ended.</summary>
    public bool Follow { get; init; }

    /// <summary>Only the last lines; null for all.</summary>
    public long? TailLines { get; init; }

    /// <summary>Only what was written since; null for all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Put the time before each line.</summary>
    public bool Timestamps { get; init; }

    /// <summary>At most so many bytes; null for no limit.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Which streams: both, only stdout, only stderr.</summary>
    public LogStreams Streams { get; init; } = LogStreams.All;
}
