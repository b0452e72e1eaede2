using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.ApiServer.Identity.Certificates;
using Orchestrator.ApiServer.Tests.Support;

namespace Orchestrator.ApiServer.Tests.Admission.Webhooks;

/// <summary>A webhook as its owners write it: HTTPS on loopback, an answer for each request it gets.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly WebApplication _web;

    private WebhookServer(Func<JsonNode, Task<JsonObject>> answer)
    {
        var pki = ClusterPki.Open(new PkiOptions { Directory = _directory.Path }, TimeProvider.System);
        AuthorityPem = pki.Authority.Pem;
        var (certificate, key) = pki.IssueServer("webhook", [], ["hook.d.svc"], [IPAddress.Loopback], TimeSpan.FromHours(1));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k =>
            k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(X509Certificate2.CreateFromPem(certificate, key))));
        _web = builder.Build();
        _web.Run(async context =>
        {
            var review = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
            Requests.Add(review["request"]!);
            var response = await answer(review["request"]!);
            response["uid"] = review["request"]!["uid"]!.GetValue<string>();
            await context.Response.WriteAsync(new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response }.ToJsonString());
        });
    }

    public string AuthorityPem { get; }

    public int Port { get; private set; }

    public List<JsonNode> Requests { get; } = [];

    public static Task<WebhookServer> StartAsync(Func<JsonNode, JsonObject> answer) => StartAsync(request => Task.FromResult(answer(request)));

    public static async Task<WebhookServer> StartAsync(Func<JsonNode, Task<JsonObject>> answer)
    {
        var server = new WebhookServer(answer);
        await server._web.StartAsync();
        server.Port = new Uri(server._web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _directory.Dispose();
    }
}
