namespace Orchestrator.ApiServer.Audit;

/// <summary>Where the audit log is written, and how long it is kept.</summary>
public sealed record AuditLogOptions
{
    /// <summary>The file; <c>-</c> for standard output.</summary>
    public required string Path { get; init; }

    /// <summary>Megabytes at which the file is rotated; 0 for never. Default 0, as upstream's flag.</summary>
    public int MaxSizeMegabytes { get; init; }

    /// <summary>How old rotated files may become; zero for any age.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>How many rotated files are kept; 0 for all.</summary>
    public int MaxBackups { get; init; }

    /// <summary>Whether rotated files are compressed.</summary>
    public bool Compress { get; init; }
}
