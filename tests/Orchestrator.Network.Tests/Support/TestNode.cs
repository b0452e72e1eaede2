using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Network.Tests.Support;

/// <summary>
/// A node made of namespaces: the node itself, pods 10.244.0.x behind it, each on a link of its own as the pod network has it,
/// and a client 192.168.77.2 outside, to which the node is 192.168.77.1.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    public const string NodeAddress = "192.168.77.1";
    public const string ClientAddress = "192.168.77.2";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static int s_next;

    private readonly string _prefix;
    private readonly Dictionary<string, NetworkNamespace> _pods = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IDisposable> _listeners = [];
    private readonly List<Task> _servers = [];

    private TestNode(string prefix, NetworkNamespace node, NetworkNamespace client)
    {
        _prefix = prefix;
        Node = node;
        Client = client;
    }

    public NetworkNamespace Node { get; }

    public NetworkNamespace Client { get; }

    public static async Task<TestNode> CreateAsync(params string[] pods)
    {
        var prefix = $"ont{Environment.ProcessId}-{Interlocked.Increment(ref s_next)}";
        var node = new TestNode(prefix, await NetworkNamespace.CreateAsync($"{prefix}-node"), await NetworkNamespace.CreateAsync($"{prefix}-client"));
        try
        {
            await node.WireAsync(pods);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public NetworkNamespace Pod(string address) => _pods[address];

    public async Task AddPodAsync(string address)
    {
        var last = address[(address.LastIndexOf('.') + 1)..];
        var pod = await NetworkNamespace.CreateAsync($"{_prefix}-{last}");
        await LinkAsync(pod, $"pod{last}", "10.244.0.1/32", $"{address}/32");
        await Node.IpAsync("route", "add", address, "dev", $"pod{last}");
        await pod.IpAsync("route", "add", "10.244.0.1", "dev", "eth0");
        await pod.IpAsync("route", "add", "default", "via", "10.244.0.1");
        _pods[address] = pod;
    }

    /// <summary>Lets a pod answer every TCP connection with its own address and its peer's.</summary>
    public async Task ServeTcpAsync(string address, int port)
    {
        var listener = await Pod(address).InsideAsync(() =>
        {
            var made = new TcpListener(IPAddress.Any, port);
            made.Start(512);
            return made;
        });
        _listeners.Add(listener);
        _servers.Add(AcceptAsync());

        async Task AcceptAsync()
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(_stopping.Token);
                var peer = ((IPEndPoint)client.Client.RemoteEndPoint!).Address;
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{address} {peer}"), _stopping.Token);
            }
        }
    }

    /// <summary>Lets a pod answer every datagram with its own address.</summary>
    public async Task ServeUdpAsync(string address, int port)
    {
        var socket = await Pod(address).InsideAsync(() =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            made.Bind(new IPEndPoint(IPAddress.Any, port));
            return made;
        });
        _listeners.Add(socket);
        _servers.Add(EchoAsync());

        async Task EchoAsync()
        {
            var buffer = new byte[512];
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
                await socket.SendToAsync(Encoding.ASCII.GetBytes(address), received.RemoteEndPoint, _stopping.Token);
            }
        }
    }

    /// <summary>Connects and reads to the end: <c>SERVER PEER</c>, or the socket error's name.</summary>
    public static async Task<string> ConnectAsync(NetworkNamespace from, string address, int port, TimeSpan? patience = null)
    {
        using var socket = await from.InsideAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address), port, deadline.Token);
            var buffer = new byte[256];
            var read = 0;
            int count;
            while ((count = await socket.ReceiveAsync(buffer.AsMemory(read), deadline.Token)) > 0)
            {
                read += count;
            }

            return Encoding.ASCII.GetString(buffer, 0, read);
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            return "silence";
        }
    }

    /// <summary>A datagram socket in a namespace, connected to an address.</summary>
    public static async Task<Socket> DatagramsAsync(NetworkNamespace from, string address, int port)
    {
        var socket = await from.InsideAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse(address), port);
        return socket;
    }

    /// <summary>Sends a datagram and returns what comes back, or the error's name.</summary>
    public static async Task<string> ExchangeAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await socket.SendAsync("?"u8.ToArray(), deadline.Token);
            var buffer = new byte[64];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token));
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            return "silence";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        try
        {
            await Task.WhenAll(_servers);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException or IOException)
        {
        }

        foreach (var pod in _pods.Values)
        {
            await pod.DisposeAsync();
        }

        await Client.DisposeAsync();
        await Node.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task WireAsync(string[] pods)
    {
        await Node.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=1");
        await LinkAsync(Client, "client", "192.168.77.1/24", "192.168.77.2/24");
        await Client.IpAsync("route", "add", "10.96.0.0/16", "via", NodeAddress);

        // A way out that leads nowhere; services' addresses need some route before they are translated.
        await Node.IpAsync("link", "add", "uplink", "type", "bridge");
        await Node.IpAsync("address", "add", "198.51.100.1/24", "dev", "uplink");
        await Node.IpAsync("link", "set", "uplink", "up");
        await Node.IpAsync("route", "add", "default", "via", "198.51.100.254");
        foreach (var pod in pods)
        {
            await AddPodAsync(pod);
        }
    }

    private async Task LinkAsync(NetworkNamespace other, string name, string nodeAddress, string address)
    {
        await NetworkNamespace.HostAsync("-n", Node.Name, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", other.Name);
        await Node.IpAsync("address", "add", nodeAddress, "dev", name);
        await Node.IpAsync("link", "set", name, "up");
        await other.IpAsync("address", "add", address, "dev", "eth0");
        await other.IpAsync("link", "set", "eth0", "up");
    }
}
