using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Agent.Streaming;

namespace Orchestrator.Agent.Http;

/// <summary>The node's HTTPS API, the kubelet's: logs, exec, attach, port-forward, pods, statistics, metrics.</summary>
internal sealed class AgentServer(
    NodeAgentOptions options, ServerCertificate certificate, ClientAuthentication authentication, LogEndpoint logs, StreamEndpoints streams, StatsEndpoints stats, CadvisorMetrics cadvisor, PodsEndpoint pods, NodeLogsEndpoint nodeLogs, ILoggerFactory loggers) : IAsyncDisposable
{
    private WebApplication? _app;

    /// <summary>Starts to listen; returns the port.</summary>
    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;

            // The command of an exec is in its address; Go takes a mebibyte of line and headers.
            kestrel.Limits.MaxRequestLineSize = 1 << 20;
            kestrel.Limits.MaxRequestHeadersTotalSize = 1 << 20;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 1 << 20;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;

            // Followed logs and open shells are long requests, not dead ones.
            kestrel.Listen(options.ListenAddress, options.Port, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificateSelector = (_, _) => certificate.Current,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = (presented, _, _) => authentication.IsTrusted(presented),
            }));
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Use(authentication.InvokeAsync);
        _app.UseRouting();
        _app.MapGet("/healthz", () => Results.Text("ok"));
        _app.MapGet("/healthz/{check}", () => Results.Text("ok"));
        _app.MapGet("/pods", pods.ServeAsync);
        _app.MapGet("/logs/{**path}", nodeLogs.Serve);
        _app.MapGet("/containerLogs/{podNamespace}/{podName}/{containerName}", logs.ServeAsync);
        _app.MapMethods("/exec/{podNamespace}/{podName}/{containerName}", ["GET", "POST"], streams.ExecAsync);
        _app.MapMethods("/exec/{podNamespace}/{podName}/{uid}/{containerName}", ["GET", "POST"], streams.ExecAsync);
        _app.MapMethods("/attach/{podNamespace}/{podName}/{containerName}", ["GET", "POST"], streams.AttachAsync);
        _app.MapMethods("/attach/{podNamespace}/{podName}/{uid}/{containerName}", ["GET", "POST"], streams.AttachAsync);
        _app.MapMethods("/portForward/{podNamespace}/{podName}", ["GET", "POST"], streams.PortForwardAsync);
        _app.MapMethods("/portForward/{podNamespace}/{podName}/{uid}", ["GET", "POST"], streams.PortForwardAsync);
        _app.MapGet("/stats/summary", stats.SummaryAsync);
        _app.MapGet("/metrics", stats.MetricsAsync);
        _app.MapGet("/metrics/resource", stats.ResourceMetricsAsync);
        _app.MapGet("/metrics/cadvisor", cadvisor.ServeAsync);
        await _app.StartAsync(cancellationToken);
        return new Uri(_app.Urls.First()).Port;
    }

    /// <summary>Stops listening; requests that are under way are cut off.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is not null)
        {
            using var atOnce = new CancellationTokenSource();
            await atOnce.CancelAsync();
            await _app.StopAsync(atOnce.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }
}
