using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ApiServer;

namespace Orchestrator.Golden.Tests;

/// <summary>A fresh API server without controllers and scheduler, as the recorded one was, reached over TLS on loopback.</summary>
public sealed class GoldenServer : IAsyncLifetime
{
    private const string Token = "golden";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestrator-golden-");
    private ApiServerHost? _server;

    internal HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (GoldenFolder.Path is null)
        {
            return;
        }

        var tokens = Path.Combine(_folder.FullName, "tokens.csv");
        await File.WriteAllTextAsync(tokens, Token + ",admin,1,\"system:masters\"\n");
        _server = await ApiServerHost.StartAsync(
            new() { DataDirectory = _folder.FullName, HttpsPort = FreePort(), Bind = IPAddress.Loopback, AdvertiseAddress = IPAddress.Parse("192.0.2.1"), StaticTokenFile = tokens, Seed = 1 },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            default);

        // The certificate is of the server's own authority, made a moment ago.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
        Client = new HttpClient(handler) { BaseAddress = _server.Url, Timeout = TimeSpan.FromSeconds(60) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
