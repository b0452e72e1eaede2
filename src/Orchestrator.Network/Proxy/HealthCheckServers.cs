using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Network.Proxy;

/// <summary>
/// Answers load balancers on the health check node ports: 200 where a Service has endpoints on this node, 503 where not.
/// </summary>
internal sealed partial class HealthCheckServers(TimeProvider time, ILogger<HealthCheckServers> logger) : IAsyncDisposable
{
    /// <summary>A prober that says nothing for so long is none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<int, Server> _servers = [];

    /// <summary>Listens on exactly these ports, with these answers. One caller at a time.</summary>
    public async ValueTask SetAsync(IEnumerable<HealthCheck> checks)
    {
        // Two Services can't share such a port; should they, the first by name has it.
        var wanted = checks.GroupBy(check => check.Port).ToDictionary(group => group.Key, group => group.MinBy(check => check.Service.ToString())!);
        foreach (var port in _servers.Keys.Where(port => !wanted.ContainsKey(port)).ToArray())
        {
            _servers.Remove(port, out var server);
            await server!.DisposeAsync();
        }

        foreach (var (port, check) in wanted)
        {
            if (_servers.TryGetValue(port, out var server))
            {
                server.Check = check;
                continue;
            }

            try
            {
                _servers[port] = new Server(check, time, logger);
            }
            catch (SocketException exception)
            {
                // Whoever has the port may let go of it; the next change tries again.
                LogListenFailed(exception, port, check.Service.ToString());
            }
        }
    }

    public async ValueTask DisposeAsync() => await SetAsync([]);

    [LoggerMessage(NetworkEvents.ProxyHealthListenFailed, LogLevel.Warning, "Can't listen on port {Port} for the health of {Key}")]
    private partial void LogListenFailed(Exception exception, int port, string key);

    private sealed class Server : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly PendingWork _pending = new();
        private readonly TcpListener _listener;
        private readonly TimeProvider _time;
        private readonly ILogger _logger;

        public Server(HealthCheck check, TimeProvider time, ILogger logger)
        {
            Check = check;
            _time = time;
            _logger = logger;
            _listener = new TcpListener(IPAddress.Any, check.Port);
            _listener.Start();
            _pending.Run(AcceptAsync);
        }

        public HealthCheck Check { get; set; }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Dispose();
            await _pending.WhenAllAsync();
            _stopping.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                    _pending.Run(() => AnswerAsync(client));
                }
            }
            catch (Exception exception) when (_stopping.IsCancellationRequested && exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopped.
            }
        }

        private async Task AnswerAsync(TcpClient client)
        {
            using var _ = client;
            using var deadline = new CancellationTokenSource(Patience, _time);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
            try
            {
                var stream = client.GetStream();
                var buffer = new byte[4096];
                var read = 0;
                while (read < buffer.Length && buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8) < 0)
                {
                    var count = await stream.ReadAsync(buffer.AsMemory(read), ends.Token);
                    if (count == 0)
                    {
                        return;
                    }

                    read += count;
                }

                await stream.WriteAsync(Response(Check), ends.Token);
                client.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException)
            {
                // A prober that hangs up or dawdles hears nothing, and asks again by itself.
                _logger.LogTrace(exception, "A health probe ended early");
            }
        }

        private static byte[] Response(HealthCheck check)
        {
            var body = $$"""
                {
                	"service": {
                		"namespace": "{{check.Service.Namespace}}",
                		"name": "{{check.Service.Name}}"
                	},
                	"localEndpoints": {{check.LocalEndpoints}},
                	"serviceProxyHealthy": true
                }
                """;
            var status = check.LocalEndpoints > 0 ? "200 OK" : "503 Service Unavailable";
            return Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
                + $"X-Load-Balancing-Endpoint-Weight: {check.LocalEndpoints}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        }
    }
}
