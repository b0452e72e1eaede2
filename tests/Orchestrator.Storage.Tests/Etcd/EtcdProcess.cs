using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Storage.Tests.Etcd;

/// <summary>A real etcd member on loopback, with its data in a temporary directory.</summary>
internal sealed class EtcdProcess : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;

    private EtcdProcess(int clientPort, int peerPort, string name, string cluster, string scheme, params string[] more)
    {
        Endpoint = $"{scheme}://127.0.0.1:{clientPort}";
        var peer = $"http://127.0.0.1:{peerPort}";
        _process = Process.Start(new ProcessStartInfo("etcd",
        [
            "--name", name, "--data-dir", _directory["data"], "--logger", "zap", "--log-outputs", _directory["log"],
            "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", cluster,
            "--heartbeat-interval", "50", "--election-timeout", "500", .. more,
        ])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("etcd did not start");
    }

    public string Endpoint { get; }

    public int Port => new Uri(Endpoint).Port;

    public static EtcdProcess Start(string scheme = "http", params string[] more)
    {
        var ports = FreePorts(2);
        return new(ports[0], ports[1], "one", $"one=http://127.0.0.1:{ports[1]}", scheme, more);
    }

    public static EtcdProcess[] StartCluster(int members)
    {
        var ports = FreePorts(members * 2);
        var cluster = string.Join(",", Enumerable.Range(0, members).Select(i => $"m{i}=http://127.0.0.1:{ports[members + i]}"));
        return [.. Enumerable.Range(0, members).Select(i => new EtcdProcess(ports[i], ports[members + i], $"m{i}", cluster, "http"))];
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
        _directory.Dispose();
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
        {
            listener.Start();
        }

        var ports = Array.ConvertAll(listeners, listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }
}
