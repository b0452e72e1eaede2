using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.ApiServer.Identity.Certificates;

namespace Orchestrator.ApiServer.Tests.Support;

/// <summary>An HTTPS server on all addresses with a certificate of its own authority, for <c>hook.d.svc</c> and 127.0.0.1; asks clients for theirs.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly WebApplication _web;

    private TlsServer(RequestDelegate handler)
    {
        var pki = ClusterPki.Open(new PkiOptions { Directory = _directory.Path }, TimeProvider.System);
        AuthorityPem = pki.Authority.Pem;
        var (certificate, key) = pki.IssueServer("hook", [], ["hook.d.svc"], [IPAddress.Loopback], TimeSpan.FromHours(1));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Any, 0, l => l.UseHttps(https =>
        {
            https.ServerCertificate = X509Certificate2.CreateFromPem(certificate, key);
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        _web = builder.Build();
        _web.Run(handler);
    }

    public string AuthorityPem { get; }

    public int Port { get; private set; }

    public static async Task<TlsServer> StartAsync(RequestDelegate handler, CancellationToken cancellationToken)
    {
        var server = new TlsServer(handler);
        await server._web.StartAsync(cancellationToken);
        server.Port = new Uri(server._web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _directory.Dispose();
    }
}
