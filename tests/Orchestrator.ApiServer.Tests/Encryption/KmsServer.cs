using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Kms.V2;

namespace Orchestrator.ApiServer.Tests.Encryption;

/// <summary>A key management service on a unix socket. Its key is a byte that is added to each byte, and changes when the test says so.</summary>
internal sealed class KmsServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KmsServer(WebApplication app) => _app = app;

    public static async Task<KmsServer> StartAsync(string socket, Probe probe, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(probe);
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(socket, static l => l.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync(cancellationToken);
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal sealed class Probe
    {
        public string KeyId { get; set; } = "1";

        public int Encryptions { get; set; }

        public int Decryptions { get; set; }
    }

    internal sealed class Service(Probe probe) : KeyManagementService.KeyManagementServiceBase
    {
        public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) =>
            Task.FromResult(new StatusResponse { Version = "v2", Healthz = "ok", KeyId = probe.KeyId });

        public override Task<EncryptResponse> Encrypt(EncryptRequest request, ServerCallContext context)
        {
            probe.Encryptions++;
            return Task.FromResult(new EncryptResponse { Ciphertext = Shift(request.Plaintext, int.Parse(probe.KeyId, System.Globalization.CultureInfo.InvariantCulture)), KeyId = probe.KeyId });
        }

        public override Task<DecryptResponse> Decrypt(DecryptRequest request, ServerCallContext context)
        {
            probe.Decryptions++;
            return Task.FromResult(new DecryptResponse { Plaintext = Shift(request.Ciphertext, -int.Parse(request.KeyId, System.Globalization.CultureInfo.InvariantCulture)) });
        }

        private static ByteString Shift(ByteString bytes, int by) => ByteString.CopyFrom(bytes.Select(b => (byte)(b + by)).ToArray());
    }
}
