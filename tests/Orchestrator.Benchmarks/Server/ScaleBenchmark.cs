using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Json;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;
using Orchestrator.Storage.Sqlite;

namespace Orchestrator.Benchmarks.Server;

/// <summary>What creates, watches and memory cost when a hundred times as much is stored: they must stay flat.</summary>
internal static class ScaleBenchmark
{
    private const int Callers = 32;
    private const int Measured = 10_000;

    /// <summary>Fills a store to 1,000 and then to 100,000 pods, and measures 10,000 creates with one watcher at each.</summary>
    public static async Task RunAsync(string directory)
    {
        var path = Path.Combine(directory, "orchestrator-scale-" + Environment.ProcessId);
        try
        {
            await using (var warm = Open(Path.Combine(path, "warm")))
            {
                // So that the first figure does not count the compiler.
                await MeasureAsync(warm, 0);
            }

            await using var store = Open(Path.Combine(path, "store"));
            var bytes = SamplePod.Json("web-100000").Length;
            Console.WriteLine($"pods of {bytes} bytes, {Callers} callers");
            await CreateAsync(store, 0, 1000);
            var small = await MeasureAsync(store, 1000);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            await CreateAsync(store, 1000 + Measured, 100_000);
            var after = GC.GetTotalMemory(forceFullCollection: true);
            var large = await MeasureAsync(store, 100_000);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"creates and their events at 1,000 stored: {small:F0}/s, at 100,000: {large:F0}/s ({large / small:P0}); memory per pod {(after - before) / (99_000.0 - Measured):F0} B, {(after - before) / (99_000.0 - Measured) / bytes:F2} x its JSON"));
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static SqliteStore Open(string directory) =>
        SqliteStore.Open(new SqliteStoreOptions { Directory = directory }, TimeProvider.System, NullLogger<SqliteStore>.Instance);

    private static async Task<double> MeasureAsync(SqliteStore store, int stored)
    {
        using var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
        var watching = CountAsync(watch, Measured);
        var start = Stopwatch.GetTimestamp();
        await CreateAsync(store, stored, stored + Measured);
        await watching;
        return Measured / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task CountAsync(IWatch watch, int events)
    {
        for (var seen = 0; seen < events;)
        {
            seen += (await watch.ReadAsync(CancellationToken.None)).Events.Length;
        }
    }

    private static Task CreateAsync(SqliteStore store, int from, int to)
    {
        var next = from - 1;
        return Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < to;)
            {
                var pod = ApiJson.Read<Pod>(SamplePod.Json("web-" + i));
                await store.CommitAsync(Operation.Create(new StoreKey("pods", "default/web-" + i), ObjectCodec.Encode(pod), pod), CancellationToken.None);
            }
        }));
    }
}
