using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.ApiServer.Identity.Tokens;

namespace Orchestrator.ApiServer.Tests.Identity.Authentication;

/// <summary>An OpenID Connect provider on loopback with a certificate and a signing key of its own.</summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private OidcProvider()
    {
        using var tlsKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=issuer", tlsKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        AuthorityPem = certificate.ExportCertificatePem();
        var served = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(served)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public string AuthorityPem { get; }

    public int KeyFetches { get; private set; }

    public static async Task<OidcProvider> StartAsync(CancellationToken cancellationToken)
    {
        var provider = new OidcProvider();
        await provider._app.StartAsync(cancellationToken);
        return provider;
    }

    public void RotateKey() => _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>A signed token; what is given replaces the usual claims.</summary>
    public string Token(DateTimeOffset expires, params (string Name, JsonNode Value)[] claims)
    {
        var all = new JsonObject { ["iss"] = Url, ["aud"] = "cluster", ["sub"] = "jane", ["exp"] = expires.ToUnixTimeSeconds() };
        foreach (var (name, value) in claims)
        {
            all[name] = value;
        }

        return JsonWebToken.Sign(all, _key, JsonWebKey.IdOf(_key));
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/.well-known/openid-configuration")
        {
            return context.Response.WriteAsync(new JsonObject { ["issuer"] = Url, ["jwks_uri"] = Url + "/keys" }.ToJsonString());
        }

        KeyFetches++;
        return context.Response.WriteAsync(new JsonObject { ["keys"] = new JsonArray(new JsonWebKey(JsonWebKey.IdOf(_key), _key).ToJson()) }.ToJsonString());
    }
}
