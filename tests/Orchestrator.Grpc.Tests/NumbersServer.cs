using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Grpc.Tests.Protos;

namespace Orchestrator.Grpc.Tests;

/// <summary>A real server on a unix socket and on TLS, both of this test only.</summary>
public sealed class NumbersServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grpc-tests-").FullName;
    private readonly WebApplication _app;

    public NumbersServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var pfx = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(o =>
        {
            o.MaxReceiveMessageSize = 100_000;
            o.ResponseCompressionAlgorithm = "gzip";
        });
        builder.Services.AddSingleton(Probe);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.ListenUnixSocket(Socket, l => l.Protocols = HttpProtocols.Http2);
            k.Listen(System.Net.IPAddress.Loopback, 0, l => l.UseHttps(pfx));
        });
        _app = builder.Build();
        _app.MapGrpcService<NumbersService>();
    }

    public NumbersProbe Probe { get; } = new();

    public string Socket => Path.Combine(_folder, "s");

    public Numbers.NumbersClient Client { get; private set; } = null!;

    public string HttpsAddress => _app.Urls.First(u => u.StartsWith("https", StringComparison.Ordinal));

    public GrpcChannel Channel { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _app.StartAsync();
        Channel = GrpcChannels.Create("unix://" + Socket, messageSizeMax: 100_000);
        Client = new(Channel);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
