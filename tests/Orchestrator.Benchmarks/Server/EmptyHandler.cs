using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orchestrator.Benchmarks.Server;

/// <summary>
/// What Kestrel does at best: it reads a request and answers 3 KB of JSON, or 14 MB to a list, over TLS. The same load generator pointed at it and at
/// the server, one after the other, tells how much of the machine is left to the work itself. It cannot watch: give the generator <c>-events 0</c>.
/// </summary>
internal static class EmptyHandler
{
    private const int ObjectBytes = 3 * 1024;
    private const int ListedObjects = 4800;

    /// <summary>Serves on loopback until the process is told to end.</summary>
    public static async Task RunAsync(int port)
    {
        var one = Encoding.ASCII.GetBytes("{\"metadata\":{\"resourceVersion\":\"1\"},\"data\":\"" + new string('x', ObjectBytes) + "\"}");
        var list = Encoding.ASCII.GetBytes("{\"items\":[\"" + new string('x', ListedObjects * ObjectBytes) + "\"]}");
        using var certificate = MakeCertificate();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
        await using var web = builder.Build();
        web.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            var isList = context.Request.Method == "GET" && context.Request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal)
                && context.Request.Query["limit"].Count == 0;
            context.Response.StatusCode = context.Request.Method == "POST" ? 201 : 200;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = isList ? list.Length : one.Length;
            await context.Response.BodyWriter.WriteAsync(isList ? list : one);
        });
        await web.RunAsync();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
