using System.Diagnostics;
using System.Globalization;

namespace Orchestrator.ApiServer.Metrics;

/// <summary>What Prometheus' clients tell of their process, and which release this is.</summary>
internal static class ProcessMetrics
{
    public static void AddTo(MetricRegistry registry)
    {
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
        registry.Polled("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", () => started);
        registry.Polled("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", static () => Environment.CpuUsage.TotalTime.TotalSeconds, "counter");
        registry.Polled("process_open_fds", "Number of open file descriptors.", static () => Directory.Exists("/proc/self/fd") ? Directory.EnumerateFiles("/proc/self/fd").Count() : 0);
        registry.Polled("process_max_fds", "Maximum number of open file descriptors.", static () => MaxOpenFiles());
        registry.Polled("process_resident_memory_bytes", "Resident memory size in bytes.", static () => Environment.WorkingSet);
        registry.Polled("process_virtual_memory_bytes", "Virtual memory size in bytes.", static () =>
        {
            using var self = Process.GetCurrentProcess();
            return self.VirtualMemorySize64;
        });
        registry.Polled("dotnet_gc_heap_size_bytes", "Bytes on the managed heap after the last collection.", static () => GC.GetGCMemoryInfo().HeapSizeBytes);
        registry.Polled("dotnet_gc_pause_seconds_total", "Time that collections have paused the process.", static () => GC.GetTotalPauseDuration().TotalSeconds, "counter");
        registry.Polled("dotnet_gc_collections_total", "Collections so far, by generation.", ["generation"], static () =>
            Enumerable.Range(0, GC.MaxGeneration + 1).Select(static g => (new[] { g.ToString(CultureInfo.InvariantCulture) }, (double)GC.CollectionCount(g))), "counter");
        registry.Polled("dotnet_threadpool_threads", "Threads of the pool.", static () => ThreadPool.ThreadCount);
        registry.Polled("dotnet_threadpool_queue_length", "Work items that wait for a thread.", static () => ThreadPool.PendingWorkItemCount);
        registry.Gauge(
            "kubernetes_build_info",
            "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, compiler and platform.",
            "build_date", "compiler", "git_commit", "git_tree_state", "git_version", "go_version", "major", "minor", "platform")
            .With("2026-06-18T00:00:00Z", "gc", "$Format:%H$", "", "v1.36.2", "go1.26.10", "1", "36", "linux/amd64").Value = 1;
    }

    private static double MaxOpenFiles()
    {
        const string Limits = "/proc/self/limits";
        const string Row = "Max open files";
        if (!File.Exists(Limits))
        {
            return 0;
        }

        foreach (var line in File.ReadLines(Limits))
        {
            if (line.StartsWith(Row, StringComparison.Ordinal))
            {
                var soft = line[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                return double.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : double.PositiveInfinity;
            }
        }

        return 0;
    }
}
