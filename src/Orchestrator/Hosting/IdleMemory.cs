using Microsoft.Extensions.Logging;

namespace Orchestrator.Hosting;

/// <summary>
/// Gives memory back to the machine after a time of load. The runtime's collector returns what it took only when it collects, and a program
/// that has little to do allocates too little to make it.
/// </summary>
internal static partial class IdleMemory
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // Everything stands still while the heap is made small, some ten milliseconds for each hundred megabytes that live: not often, and not when there are clients to wait.
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1);
    private const double IdleShare = 0.2;

    // What is grown again at once, by the youngest objects, is not worth it.
    private const long WorthBytes = 32 << 20;

    /// <summary>Watches until cancelled.</summary>
    public static async Task RunAsync(TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var (seen, used) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var trimmed = (Bytes: 0L, At: time.GetTimestamp() - (long)(Between.TotalSeconds * time.TimestampFrequency));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var (now, usedNow) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var share = (usedNow - used) / time.GetElapsedTime(seen, now);
            (seen, used) = (now, usedNow);
            if (share > IdleShare || time.GetElapsedTime(trimmed.At, now) < Between)
            {
                continue;
            }

            // The figure is that of the last collection: without one since it was trimmed it is too small to go on.
            var before = GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
            if (before < trimmed.Bytes + WorthBytes)
            {
                continue;
            }

            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            trimmed = (GC.GetGCMemoryInfo(GCKind.FullBlocking).TotalCommittedBytes, time.GetTimestamp());
            LogTrimmed(logger, before >> 20, trimmed.Bytes >> 20, time.GetElapsedTime(now, trimmed.At));
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Before} MiB of managed memory were made {After} MiB in {Elapsed}")]
    private static partial void LogTrimmed(ILogger logger, long before, long after, TimeSpan elapsed);
}
