using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Hosting;
using Orchestrator.Network.Tests.Support;

namespace Orchestrator.Tests.Hosting;

public sealed class IdleMemoryTests
{
    private const int Megabytes = 128;

    [Fact]
    public async Task What_a_time_of_load_took_goes_back_when_it_is_over()
    {
        var time = new ManualTimeProvider();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var before = Load();
        var running = IdleMemory.RunAsync(time, NullLogger.Instance, stop.Token);
        while (GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes > before - (Megabytes / 2 << 20))
        {
            time.Advance(TimeSpan.FromMinutes(2));
            await Task.Yield();
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>Takes memory and lets go of it; returns what the program had then.</summary>
    private static long Load()
    {
        var taken = Enumerable.Range(0, Megabytes << 6).Select(static _ => new byte[1 << 14]).ToArray();
        GC.Collect(0);
        GC.KeepAlive(taken);
        return GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
    }
}
