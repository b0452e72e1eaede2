using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Network.Commands;
using Orchestrator.Network.Proxy;
using Orchestrator.Network.Services;

namespace Orchestrator.Benchmarks.Network;

/// <summary>The service proxy with many Services of ten endpoints each, in a network namespace: the first load, a restart, one changed endpoint.</summary>
internal static class ProxyBenchmark
{
    private const int EndpointsEach = 10;
    private const int Changes = 50;

    public static async Task RunAsync(int services)
    {
        var name = $"proxy-benchmark-{Environment.ProcessId}";
        var host = new ProcessCommandRunner();
        await host.RunAsync("ip", ["netns", "add", name], "", CancellationToken.None);
        try
        {
            await MeasureAsync(services, new ProcessCommandRunner("ip", "netns", "exec", name));
        }
        finally
        {
            await host.RunAsync("ip", ["netns", "delete", name], "", CancellationToken.None);
        }
    }

    private static async Task MeasureAsync(int count, ICommandRunner commands)
    {
        var catalog = new ServiceCatalog();
        var services = Enumerable.Range(0, count).Select(Service).ToArray();
        catalog.Replace(new CatalogContent("", [], services.ToEquatableArray(), services.Select((service, i) => Slice(service, i, 0)).ToEquatableArray()));

        var clock = Stopwatch.StartNew();
        using (var first = new Running(catalog, commands))
        {
            await first.Proxy.WhenAppliedAsync();
            Console.WriteLine($"{count} services with {EndpointsEach} endpoints: first load {clock.ElapsedMilliseconds} ms");
            var times = new List<double>();
            for (var i = 1; i <= Changes; i++)
            {
                var changed = i % count;
                clock.Restart();
                catalog.Set(Slice(services[changed], changed, i));
                await first.Proxy.WhenAppliedAsync();
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            times.Sort();
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"one endpoint exchanged: p50 {times[Changes / 2]:F1} ms, max {times[^1]:F1} ms"));
        }

        clock.Restart();
        using var second = new Running(catalog, commands);
        await second.Proxy.WhenAppliedAsync();
        Console.WriteLine($"restart, nothing to change: {clock.ElapsedMilliseconds} ms");
    }

    private static ServiceInfo Service(int i) => new()
    {
        Key = new ServiceKey($"ns-{i % 50}", $"service-{i}"),
        Kind = ServiceKind.ClusterIP,
        ClusterIPs = [$"10.96.{i / 250}.{(i % 250) + 1}"],
        Ports = [new ServicePortInfo("http", TransportProtocol.Tcp, 80)],
    };

    private static EndpointSliceInfo Slice(ServiceInfo service, int i, int generation) => new()
    {
        Service = service.Key,
        Name = $"slice-{i}",
        Ports = [new EndpointPortInfo("http", TransportProtocol.Tcp, 8080)],
        Endpoints = Enumerable.Range(0, EndpointsEach).Select(e => new EndpointInfo
        {
            Address = $"10.{(e == 0 && generation > 0 ? 128 + (generation % 100) : 64 + e)}.{i / 250}.{(i % 250) + 1}", NodeName = "n1",
        }).ToEquatableArray(),
    };

    private sealed class Running : IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _task;

        public Running(ServiceCatalog catalog, ICommandRunner commands)
        {
            Proxy = new ServiceProxy(
                new ProxyOptions { Table = "orchestrator-benchmark", NodeName = "n1", ClusterCidrs = ["10.0.0.0/8"] },
                catalog,
                new Nftables(commands),
                new ConntrackCleaner(commands, NullLogger<ConntrackCleaner>.Instance),
                new HealthCheckServers(TimeProvider.System, NullLogger<HealthCheckServers>.Instance),
                TimeProvider.System,
                NullLogger<ServiceProxy>.Instance);
            _task = Proxy.RunAsync(_stopping.Token);
        }

        public ServiceProxy Proxy { get; }

        public void Dispose()
        {
            _stopping.Cancel();
            _task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
            _stopping.Dispose();
        }
    }
}
