using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Identity;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Nodes;
using Orchestrator.ApiServer.Services;

namespace Orchestrator.ApiServer.Aggregation;

/// <summary>Passes requests on to aggregated servers: answers are streamed, so that watches work, and upgrades become tunnels.</summary>
internal sealed partial class AggregationProxy(AggregationRoutes routes, ServiceHttpClients clients, ILogger<AggregationProxy> logger)
{
    private const string Unavailable = "service unavailable\n";
    private static readonly string[] HopByHop = ["Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Host", "Authorization", "Expect"];

    /// <summary>Answers a request if its path is another server's; false if it is this one's.</summary>
    public async ValueTask<bool> TryHandleAsync(HttpContext context, string path, UserInfo user)
    {
        if (routes.OfPath(path) is not { } version)
        {
            return false;
        }

        await ForwardAsync(context, version, user);
        return true;
    }

    /// <summary>Passes a request on.</summary>
    public async ValueTask ForwardAsync(HttpContext context, AggregatedVersion version, UserInfo user)
    {
        if (version.Local is { } local)
        {
            if (!HttpMethods.IsGet(context.Request.Method))
            {
                throw Errors.MethodNotSupported(version.Group, "", context.Request.Method.ToLowerInvariant());
            }

            var json = await local(context.Request.Path + context.Request.QueryString, context.RequestAborted);
            await Responses.WriteJsonAsync(context, 200, json, QueryFlags.IsTrue(context.Request.Query["pretty"]), context.RequestAborted);
            return;
        }

        var aborted = context.RequestAborted;
        var spec = version.Source.Spec;
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (!version.IsAvailable || Resolve(spec, target) is not { } service)
        {
            await Responses.WriteTextAsync(context, 503, Unavailable, aborted);
            return;
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            await using var stream = await clients.ConnectAsync(service, spec.CaBundle, spec.InsecureSkipTLSVerify, aborted);
            await Tunnel.RunAsync(context, stream, service.Host, target, [.. RemoteIdentity.Headers(user)], aborted);
            return;
        }

        using var request = Request(context, service, user);
        HttpResponseMessage answer;
        try
        {
            answer = await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, aborted);
        }
        catch (HttpRequestException failure)
        {
            LogFailed(failure, version.Source.Metadata.Name);
            await Responses.WriteTextAsync(context, 503, "error trying to reach service: " + (failure.InnerException?.Message ?? failure.Message), aborted);
            return;
        }

        using (answer)
        {
            await AnswerAsync(context, answer, aborted);
        }
    }

    private ServiceTarget? Resolve(Api.ApiRegistration.V1.APIServiceSpec spec, string target)
    {
        try
        {
            var service = spec.Service!;
            return clients.ForService(service.Namespace, service.Name, service.Port ?? 443, target, spec.CaBundle, spec.InsecureSkipTLSVerify);
        }
        catch (ServiceResolutionException gone)
        {
            LogUnresolved(spec.Service!.Name, gone.Message);
            return null;
        }
    }

    private static HttpRequestMessage Request(HttpContext context, ServiceTarget service, UserInfo user)
    {
        var incoming = context.Request;
        var request = new HttpRequestMessage(new HttpMethod(incoming.Method), service.Address)
        {
            // Over HTTP/2 a user's groups could not be told one by one.
            Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (incoming.ContentLength is > 0 || incoming.Headers.TransferEncoding.Count > 0 || (incoming.ContentLength is null && incoming.Method is "POST" or "PUT" or "PATCH"))
        {
            request.Content = new StreamContent(incoming.Body);
        }

        foreach (var (name, values) in incoming.Headers)
        {
            if (HopByHop.Contains(name, StringComparer.OrdinalIgnoreCase) || RemoteIdentity.IsClaim(name) || name.StartsWith(':'))
            {
                continue;
            }

            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        request.Headers.Host = service.Host;
        foreach (var lines in RemoteIdentity.Headers(user).GroupBy(static h => h.Name))
        {
            request.Headers.TryAddWithoutValidation(lines.Key, string.Join($"{HeaderLineStream.LineBreak}{lines.Key}: ", lines.Select(static l => l.Value)));
        }

        if (context.Connection.RemoteIpAddress is { } address)
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", address.ToString());
        }

        return request;
    }

    private static async ValueTask AnswerAsync(HttpContext context, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HopByHop.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var output = context.Response.BodyWriter;
        int read;
        do
        {
            // What has come goes on at once: events of a watch must not wait for the next ones.
            read = await body.ReadAsync(output.GetMemory(16 * 1024), cancellationToken);
            output.Advance(read);
            await output.FlushAsync(cancellationToken);
        }
        while (read > 0);
    }

    [LoggerMessage(2401, LogLevel.Warning, "The server of {Name} could not be reached")]
    private partial void LogFailed(Exception failure, string name);

    [LoggerMessage(2402, LogLevel.Debug, "Service {Name} has nobody to answer: {Why}")]
    private partial void LogUnresolved(string name, string why);
}
