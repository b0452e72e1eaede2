using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Orchestrator.ApiServer.Tests.Support;

/// <summary>A whole API server on loopback with a store of its own, and who speaks to it: the administrator, unless a token says otherwise.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private const string Tokens = "admin-token,admin,1,\"system:masters\"\nnoisy-token,noisy,2,\"\"\nquiet-token,quiet,3,\"\"\n";
    private readonly TemporaryDirectory _directory;
    private readonly ApiServerHost _host;
    private readonly HttpClient _http;

    private LiveServer(TemporaryDirectory directory, ApiServerHost host)
    {
        (_directory, _host) = (directory, host);
        _http = NewClient("admin-token");
    }

    public ApiServerHost Host => _host;

    public HttpClient Http => _http;

    public static async Task<LiveServer> StartAsync(CancellationToken cancellationToken, Func<ApiServerOptions, TemporaryDirectory, ApiServerOptions>? configure = null, TimeProvider? time = null)
    {
        var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["tokens.csv"], Tokens, cancellationToken);
        var options = new ApiServerOptions
        {
            DataDirectory = directory["data"], Bind = IPAddress.Loopback, AdvertiseAddress = IPAddress.Loopback, HttpsPort = FreePort(), StaticTokenFile = directory["tokens.csv"], Seed = 1,
        };
        options = configure?.Invoke(options, directory) ?? options;
        return new(directory, await ApiServerHost.StartAsync(options, time ?? TimeProvider.System, NullLoggerFactory.Instance, cancellationToken));
    }

    /// <summary>A client of its own connections, since fairness and handshakes are by connection and user.</summary>
    public HttpClient NewClient(string token, Version? version = null)
    {
        var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
        var client = new HttpClient(handler)
        {
            BaseAddress = _host.Url, DefaultRequestVersion = version ?? HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancellationToken, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        request.Version = HttpVersion.Version20;
        if (json is not null)
        {
            request.Content = new StringContent(json, new MediaTypeHeaderValue(contentType));
        }

        return await _http.SendAsync(request, cancellationToken);
    }

    public async Task<string> GetAsync(string path, CancellationToken cancellationToken) => await _http.GetStringAsync(new Uri(path, UriKind.Relative), cancellationToken);

    /// <summary>The server publishes its port, so it must know it before it listens.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
        _directory.Dispose();
    }
}
