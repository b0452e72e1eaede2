using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Storage;
using Orchestrator.Storage.Sqlite;

namespace Orchestrator.Benchmarks.Storage;

/// <summary>The store alone: durable commits, scans, fan-out. Run with <c>storage [directory]</c>; the directory's disk is what is measured.</summary>
public static class StorageBenchmark
{
    private const int PayloadBytes = 3000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    /// <summary>Runs all of them and prints a line each.</summary>
    public static async Task RunAsync(string directory)
    {
        var root = Path.Combine(directory, $"orchestrator-storage-benchmark-{Environment.ProcessId}");
        try
        {
            MeasureSync(root);
            foreach (var callers in (int[])[1, 32, 256])
            {
                await CommitAsync(Path.Combine(root, $"create-{callers}"), callers, "create", (i, caller) => $"default/pod-{caller}-{i}", "pods", PayloadBytes);
            }

            await CommitAsync(Path.Combine(root, "update"), 32, "update", (i, caller) => $"default/pod-{caller}-{i % 150}", "pods", PayloadBytes);
            await CommitAsync(Path.Combine(root, "lease"), 32, "renew", (i, caller) => $"default/node-{caller}-{i % 150}", "coordination.k8s.io/leases", 400);
            await OpenAsync(Path.Combine(root, "update"));
            await ScanAsync();
            await FanOutAsync(watchers: 200, changes: 4_000);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void MeasureSync(string root)
    {
        Directory.CreateDirectory(root);
        using var file = new FileStream(Path.Combine(root, "sync"), FileMode.Create);
        var block = new byte[8192];
        var times = new List<double>();
        for (var i = 0; i < 300; i++)
        {
            file.Write(block);
            var started = Stopwatch.GetTimestamp();
            file.Flush(flushToDisk: true);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        times.Sort();
        Console.WriteLine($"fsync of an appended 8 KiB block: p50 {times[150]:f0} us, p99 {times[297]:f0} us");
    }

    private static async Task CommitAsync(string directory, int callers, string what, Func<int, int, string> name, string collection, int payloadBytes)
    {
        await using var store = SqliteStore.Open(new() { Directory = directory }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
        var latencies = new List<double>[callers];
        var allocatedBefore = GC.GetTotalAllocatedBytes();
        var cpuBefore = Process.GetCurrentProcess().TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var times = latencies[caller] = [];
            for (var i = 0; Stopwatch.GetElapsedTime(started) < Duration; i++)
            {
                var before = Stopwatch.GetTimestamp();
                var payload = new byte[payloadBytes];
                await store.CommitAsync(Operation.Put(new(collection, name(i, caller)), payload), CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var all = latencies.SelectMany(times => times).Order().ToArray();
        var cpu = (Process.GetCurrentProcess().TotalProcessorTime - cpuBefore) / elapsed;
        var allocated = (GC.GetTotalAllocatedBytes() - allocatedBefore) / all.Length;
        Console.WriteLine(
            $"{what}, {payloadBytes} B, {callers} callers: {all.Length / elapsed.TotalSeconds:f0}/s, p50 {all[all.Length / 2]:f2} ms, p99 {all[all.Length * 99 / 100]:f2} ms, max {all[^1]:f1} ms, {cpu:f2} cores, {allocated} B allocated each (payload included)");
    }

    private static async Task OpenAsync(string directory)
    {
        var started = Stopwatch.GetTimestamp();
        await using var store = SqliteStore.Open(new() { Directory = directory }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
        Console.WriteLine($"open {new FileInfo(Path.Combine(directory, "state.db")).Length >> 20} MiB with {store.Snapshot("pods").Count} live values: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:f0} ms");
        var empty = Stopwatch.GetTimestamp();
        await using var fresh = SqliteStore.Open(new() { Directory = directory + "-empty" }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
        Console.WriteLine($"open an empty directory: {Stopwatch.GetElapsedTime(empty).TotalMilliseconds:f0} ms");
    }

    private static async Task ScanAsync()
    {
        await using var store = new InMemoryStore(new(), TimeProvider.System);
        for (var i = 0; i < 5_000; i++)
        {
            await store.CommitAsync(Operation.Put(new("pods", $"default/pod-{i * 7919 % 5000}"), new byte[10]), CancellationToken.None);
        }

        var best = double.MaxValue;
        var bytes = 0L;
        for (var round = 0; round < 200; round++)
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var value in store.Snapshot("pods").Range("default/"))
            {
                bytes += value.Payload.Length;
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        var get = Stopwatch.GetTimestamp();
        for (var i = 0; i < 100_000; i++)
        {
            bytes += store.Get(new("pods", $"default/pod-{i % 5000}"))!.Payload.Length;
        }

        var rewinding = Stopwatch.GetTimestamp();
        var then = await store.SnapshotAtAsync("pods", new(2_500), CancellationToken.None);
        Console.WriteLine(
            $"scan of 5,000 values: {best:f0} us; get: {Stopwatch.GetElapsedTime(get, rewinding).TotalNanoseconds / 100_000:f0} ns; rewinding 2,500 changes: {Stopwatch.GetElapsedTime(rewinding).TotalMicroseconds:f0} us ({then.Snapshot!.Count}, {bytes})");
    }

    private static async Task FanOutAsync(int watchers, int changes)
    {
        await using var store = new InMemoryStore(new(), TimeProvider.System);
        var tasks = Enumerable.Range(0, watchers).Select(_ =>
        {
            var watch = store.Watch("pods", WatchScope.All, store.CurrentRevision);
            return Task.Run(async () =>
            {
                var reads = 0;
                for (var seen = 0; seen < changes;)
                {
                    var batch = await watch.ReadAsync(CancellationToken.None);
                    seen += batch.Events.Length;
                    reads++;
                }

                watch.Dispose();
                return reads;
            });
        }).ToArray();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < changes; i++)
        {
            await store.CommitAsync(Operation.Put(new("pods", $"default/pod-{i % 100}"), new byte[10]), CancellationToken.None);
            if (i % 16 == 0)
            {
                await Task.Yield();
            }
        }

        var published = Stopwatch.GetElapsedTime(started);
        var reads = (await Task.WhenAll(tasks)).Sum();
        var elapsed = Stopwatch.GetElapsedTime(started);
        Console.WriteLine(
            $"{changes} changes to {watchers} watchers: {changes * (double)watchers / elapsed.TotalSeconds:f0} events/s in {reads} reads; publishing alone {published.TotalMicroseconds / changes:f1} us each");
    }
}
