using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Network.Dns.Forwarding;
using Orchestrator.Network.Dns.Serving;
using Orchestrator.Network.Dns.Wire;
using Orchestrator.Network.Dns.Zone;
using Orchestrator.Network.Services;

namespace Orchestrator.Benchmarks.Network;

/// <summary>
/// Cluster DNS with 5,000 Services: answers per second of the responder alone, and over real sockets per second of the server's
/// processor time, with the load made by another process.
/// </summary>
internal static class DnsBenchmark
{
    private const int ServiceCount = 5000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        var catalog = new ServiceCatalog();
        var services = Enumerable.Range(0, ServiceCount).Select(i => new ServiceInfo
        {
            Key = new ServiceKey($"ns-{i % 50}", $"service-{i}"),
            Kind = ServiceKind.ClusterIP,
            ClusterIPs = [$"10.96.{i / 250}.{(i % 250) + 1}"],
            Ports = [new ServicePortInfo("http", TransportProtocol.Tcp, 80)],
        }).ToEquatableArray();
        catalog.Replace(new CatalogContent("", [], services, []));
        var options = new ClusterZoneOptions();
        var zone = new ClusterZone(options);
        using var changes = catalog.Subscribe();
        var loading = Stopwatch.StartNew();
        zone.Apply(changes.Take());
        Console.WriteLine($"zone of {zone.Snapshot.Count} names made in {loading.ElapsedMilliseconds} ms");

        loading.Restart();
        for (var i = 0; i < 1000; i++)
        {
            catalog.Set(services[i] with { ClusterIPs = [$"10.97.{i / 250}.{(i % 250) + 1}"] });
            zone.Apply(changes.Take());
        }

        Console.WriteLine($"one changed service published in {loading.Elapsed.TotalMicroseconds / 1000:F0} µs");
        var responder = new DnsResponder(zone, options, []);
        responder.MarkReady();
        MeasureResponder(responder);
        await MeasureServerAsync(zone, responder);
    }

    /// <summary>The other process: keeps some questions under way until its time is up, then prints how many were answered.</summary>
    public static void RunLoad(string port)
    {
        var answered = 0L;
        var threads = Enumerable.Range(0, 2).Select(seed => new Thread(() => Interlocked.Add(ref answered, Load(int.Parse(port, CultureInfo.InvariantCulture), seed)))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Console.WriteLine(answered);
    }

    private static long Load(int port, int seed)
    {
        const int UnderWay = 32;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 200 };
        socket.Connect(IPAddress.Loopback, port);
        var questions = Questions();
        var random = new Random(seed);
        var buffer = new byte[512];
        var answered = 0L;
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < UnderWay; i++)
        {
            socket.Send(questions[random.Next(questions.Length)]);
        }

        while (clock.Elapsed < Duration)
        {
            try
            {
                socket.Receive(buffer);
                answered++;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.TimedOut)
            {
                // Lost; the next one takes its place.
            }

            socket.Send(questions[random.Next(questions.Length)]);
        }

        return answered;
    }

    private static void MeasureResponder(DnsResponder responder)
    {
        var questions = Questions();
        var response = new byte[DnsResponse.UdpSizeMax];
        const int Count = 5_000_000;
        var clock = new Stopwatch();
        var allocated = 0L;
        for (var round = 0; round < 2; round++)
        {
            clock.Restart();
            allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Count; i++)
            {
                responder.Respond(questions[i % questions.Length], response, stream: false, (uint)i, out _);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        }

        Console.WriteLine($"responder alone: {Count / clock.Elapsed.TotalSeconds:N0} answers/s, {(double)allocated / Count:F3} bytes allocated each");
    }

    private static async Task MeasureServerAsync(ClusterZone zone, DnsResponder responder)
    {
        var forwarding = new ForwarderOptions();
        var forwarder = new Forwarder(
            forwarding,
            new UpstreamServers(forwarding, TimeProvider.System, NullLogger<UpstreamServers>.Instance),
            new SocketUpstreamTransport(),
            TimeProvider.System,
            NullLogger<Forwarder>.Instance);
        await using var server = new DnsServer(
            new DnsServerOptions { Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Workers = 1 },
            responder, forwarder, new AliasFollower(zone, forwarder), TimeProvider.System, NullLogger<DnsServer>.Instance);
        server.Start();
        using var own = Process.GetCurrentProcess();
        var before = own.TotalProcessorTime;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.ArgumentList.Add("dns-load");
        start.ArgumentList.Add($"{server.LocalEndpoint!.Port}");
        using var load = Process.Start(start)!;
        var answered = long.Parse(await load.StandardOutput.ReadToEndAsync(), CultureInfo.InvariantCulture);
        await load.WaitForExitAsync();
        own.Refresh();
        var used = own.TotalProcessorTime - before;
        Console.WriteLine(
            $"over UDP, one worker: {answered / Duration.TotalSeconds:N0} answers/s, {answered / used.TotalSeconds:N0} per second of the server's processor time");
    }

    private static byte[][] Questions() =>
    [
        .. Enumerable.Range(0, 1000).Select(i =>
        {
            var writer = new DnsWriter();

            // Half are answered, half are what search lists ask for in vain.
            var name = i % 2 == 0 ? $"service-{i}.ns-{i % 50}.svc.cluster.local" : $"example.org.ns-{i % 50}.svc.cluster.local";
            writer.BeginWithQuestion(DnsName.Encode(name), RecordType.A, 1);
            DnsHeader.WriteQuery(writer.Header, (ushort)i, checkingDisabled: false, additionals: 0);
            return writer.Written.ToArray();
        }),
    ];
}
