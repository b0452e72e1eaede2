using System.Diagnostics;
using System.Globalization;
using Orchestrator.ApiServer.Fairness;
using Orchestrator.ApiServer.FlowControl;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Metrics;

namespace Orchestrator.Benchmarks.Fairness;

/// <summary>
/// Nanoseconds and bytes that priority and fairness costs a request which finds a free seat, with the flow schemas of a new cluster, and what counting
/// and timing a request costs. Budget: well below 1 µs, nothing allocated.
/// </summary>
internal static class FairnessBenchmark
{
    private const int Rounds = 2_000_000;

    public static void Run()
    {
        var metrics = new MetricRegistry();
        var configuration = new FlowConfiguration(600, new FairnessInstruments(metrics), TimeProvider.System);
        foreach (var obj in FlowControlObjects.All())
        {
            configuration.Put(obj);
        }

        var request = new RequestInfo { Path = "/api/v1/namespaces/default/pods/web", Verb = "get" };
        var admin = new UserInfo { Name = "admin", Groups = [Groups.Masters, Groups.Authenticated] };
        var person = new UserInfo { Name = "jane", Groups = ["developers", Groups.Authenticated] };
        var total = metrics.Counter("requests_total", "").With();
        var duration = metrics.Histogram("seconds", "", MetricRegistry.RequestBuckets).With();
        var series = new RequestSeries(_ => total, duration, duration, null, static () => new Gauge());
        Measure("exempt (the first schema)", () => Pass(configuration, request, admin));
        Measure("ordinary (nearly the last schema)", () => Pass(configuration, request, person));
        Measure("metrics of one answer", () => series.Answered(200, TimeSpan.FromMilliseconds(1), TimeSpan.Zero, 3000));
    }

    private static void Pass(FlowConfiguration configuration, RequestInfo request, UserInfo user)
    {
        foreach (var schema in configuration.InForce)
        {
            if (schema.Matches(user, request))
            {
                if (!schema.Level.TryEnter(1))
                {
                    throw new InvalidOperationException("no seat");
                }

                schema.Level.Leave(1, null, TimeSpan.FromMilliseconds(1));
                return;
            }
        }
    }

    private static void Measure(string what, Action operation)
    {
        for (var i = 0; i < Rounds / 10; i++)
        {
            operation();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Rounds; i++)
        {
            operation();
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-36} {watch.Elapsed.TotalNanoseconds / Rounds,8:0} ns {bytes,6} B"));
    }
}
