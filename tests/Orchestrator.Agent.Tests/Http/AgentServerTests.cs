using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Agent.Http;
using Orchestrator.Agent.Tests.Support;

namespace Orchestrator.Agent.Tests.Http;

public sealed class AgentServerTests(ContainerdFixture containerd) : IAsyncLifetime
{
    private readonly X509Certificate2 _client = SelfSigned("kube-apiserver-kubelet-client");
    private readonly X509Certificate2 _stranger = SelfSigned("kube-apiserver-kubelet-client");
    private TestNode _node = null!;
    private int _port;
    private Pod _pod = null!;

    public async ValueTask InitializeAsync()
    {
        var ca = Path.Combine(containerd.Folder, $"ca-{Guid.NewGuid():n}.pem");
        await File.WriteAllTextAsync(ca, _client.ExportCertificatePem());
        _node = new TestNode(containerd, configure: o =>
        {
            o.Port = 0;
            o.ListenAddress = IPAddress.Loopback;
            o.ClientCaPath = ca;
        });
        _port = await _node.Provider.GetRequiredService<AgentServer>().StartAsync(CancellationToken.None);
        _pod = await _node.RunToReadyAsync(TestNode.Pod(
            "served",
            // One stream: what is written to two reaches the log in any order.
            "echo hello; echo bad; exec httpd -f -p 8080 -h /etc",
            changeContainer: c => c with { ReadinessProbe = new() { TcpSocket = new() { Port = 8080 }, PeriodSeconds = 1 } }));
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DeleteAsync(_pod.Key);
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Server_answers_certificates_of_its_ca_only()
    {
        Assert.Equal(HttpStatusCode.OK, (await Client(null).GetAsync("healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Client(null).GetAsync("pods")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Client(_client).GetAsync("pods")).StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Client(_stranger).GetAsync("pods"));
    }

    [Fact]
    public async Task Logs_are_served_whole_and_in_part()
    {
        var http = Client(_client);
        Assert.Equal("hello\nbad\n", await http.GetStringAsync("containerLogs/tests/served/c"));
        Assert.Equal("bad\n", await http.GetStringAsync("containerLogs/tests/served/c?tailLines=1"));
        var missing = await http.GetAsync("containerLogs/tests/served/c?previous=true");
        Assert.Equal(HttpStatusCode.BadRequest, missing.StatusCode);
        Assert.Equal("previous terminated container \"c\" in pod \"served\" not found", await missing.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Exec_carries_input_to_its_end_and_the_exit_code()
    {
        using var socket = await ConnectAsync("exec/tests/served/c?command=sh&command=-c&command=cat%3Becho%20err%20%3E%262%3Bexit%203&input=1&output=1&error=1", "v5.channel.k8s.io");
        await socket.SendAsync(new byte[] { 0 }.Concat("some input"u8.ToArray()).ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
        await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        var channels = await ReadAllAsync(socket);

        Assert.Equal("some input", channels.GetValueOrDefault((byte)1));
        Assert.Equal("err\n", channels.GetValueOrDefault((byte)2));
        Assert.Contains("\"exitcode\"", channels.GetValueOrDefault((byte)3), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"3\"", channels[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_forward_reaches_a_server_in_the_pod()
    {
        using var socket = await ConnectAsync("portForward/tests/served?port=8080", "v4.channel.k8s.io");
        await socket.SendAsync(new byte[] { 0 }.Concat("GET /passwd HTTP/1.0\r\n\r\n"u8.ToArray()).ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
        var channels = await ReadAllAsync(socket);

        Assert.Contains("root:x:0:0", channels[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_name_the_pod_and_its_container()
    {
        var http = Client(_client);
        var summary = await http.GetStringAsync("stats/summary");
        Assert.Contains("\"name\":\"served\"", summary, StringComparison.Ordinal);
        Assert.Contains("usageCoreNanoSeconds", summary, StringComparison.Ordinal);
        Assert.Contains("container_memory_working_set_bytes{container=\"c\",namespace=\"tests\",pod=\"served\"}", await http.GetStringAsync("metrics/resource"), StringComparison.Ordinal);
        Assert.Matches("container_cpu_usage_seconds_total{cpu=\"total\",container=\"c\",id=\"[^\"]*/kubepods/[^\"]+\",image=\"[^\"]+\",name=\"[0-9a-f]{64}\",namespace=\"tests\",pod=\"served\"} ", await http.GetStringAsync("metrics/cadvisor"));
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private HttpClient Client(X509Certificate2? certificate) =>
        new(new SocketsHttpHandler { SslOptions = Tls(certificate) }) { BaseAddress = new Uri($"https://127.0.0.1:{_port}/") };

    private static SslClientAuthenticationOptions Tls(X509Certificate2? certificate) => new()
    {
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
        ClientCertificates = certificate is null ? null : [certificate],
        LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
    };

    private async Task<ClientWebSocket> ConnectAsync(string path, string protocol)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(
            new Uri($"wss://127.0.0.1:{_port}/{path}"), new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = Tls(_client) }), CancellationToken.None);
        return socket;
    }

    private static async Task<Dictionary<byte, string>> ReadAllAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(TestNode.Patience);
        var channels = new Dictionary<byte, string>();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var length = 0;
            WebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), limit.Token);
                length += received.Count;
            }
            while (!received.EndOfMessage);

            if (received.MessageType == WebSocketMessageType.Close)
            {
                return channels;
            }

            channels[buffer[0]] = channels.GetValueOrDefault(buffer[0]) + Encoding.UTF8.GetString(buffer, 1, length - 1);
        }
    }
}
