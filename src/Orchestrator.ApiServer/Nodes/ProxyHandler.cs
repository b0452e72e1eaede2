using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Subresources;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>The proxy subresource of pods, services and nodes: <c>[scheme:]name[:port]/proxy/path</c>.</summary>
internal sealed class ProxyHandler : ISubresourceHandler, IDisposable
{
    /// <summary>A larger page passes through as it is.</summary>
    private const int PageMax = 8 * 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly string[] HopByHop = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Host", "Authorization"];

    /// <summary>Pages of a pod are none of this server's, so they may not be told that others may use it.</summary>
    private static readonly string[] CrossOrigin = ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods"];

    private readonly IObjectLister _objects;
    private readonly NodeConnector _nodes;
    private readonly ConnectAdmission _admission;
    private readonly Random _random;
    private readonly Lock _gate = new();

    // What pods present as certificates is theirs; this server's certificate is not shown to them.
    private readonly HttpMessageInvoker _workloads = new(new SocketsHttpHandler
    {
        SslOptions = AnyCertificate(), ConnectTimeout = ConnectTimeout, UseProxy = false, UseCookies = false, AllowAutoRedirect = false,
    });

    public ProxyHandler(IObjectLister objects, NodeConnector nodes, ConnectAdmission admission, Random random) =>
        (_objects, _nodes, _admission, _random) = (objects, nodes, admission, random);

    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        await _admission.AdmitAsync(context, info, scope, cancellationToken);
        var (scheme, name, port) = Split(scope.Name);
        var (host, number) = scope.Resource.Info.Resource switch
        {
            "pods" => Pod(scope.Namespace, name, port),
            "services" => Service(scope.Namespace, name, port),
            _ => _nodes.Locate(name),
        };
        var isNode = scope.Resource.Info.Resource == "nodes";
        if (isNode && port.Length > 0 && port != number.ToString(CultureInfo.InvariantCulture))
        {
            (isNode, number) = (false, ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : throw Errors.BadRequest($"invalid node request \"{scope.Name}\""));
        }

        scheme = isNode ? "https" : scheme.Length == 0 ? "http" : scheme;
        var query = context.Request.QueryString.Value ?? "";
        var target = new UriBuilder(scheme, host, number, "/" + info.Rest.TrimStart('/')) { Query = query.TrimStart('?') }.Uri;
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            await using var stream = isNode ? await _nodes.ConnectAsync(host, number, cancellationToken) : await ConnectAsync(scheme, host, number, cancellationToken);
            await Tunnel.RunAsync(context, stream, target.Authority, target.PathAndQuery, [], cancellationToken);
            return;
        }

        // A page without a trailing slash would resolve its links one level too high.
        if (info.Rest.Length == 0 && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)))
        {
            context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
            context.Response.Headers.Location = info.Path + "/" + query;
            return;
        }

        var page = new ProxiedPage(target, context.Request.Host.Value ?? "", Prefix(info));
        await PassOnAsync(context, isNode, target, page, info.Path, cancellationToken);
    }

    public void Dispose() => _workloads.Dispose();

    /// <summary>The path up to what is asked of the other side.</summary>
    private static string Prefix(RequestInfo info) => info.Path[..^(info.Rest.Length == 0 ? 0 : info.Rest == "/" ? 1 : info.Rest.Length + 1)];

    private async ValueTask PassOnAsync(HttpContext context, bool isNode, Uri target, ProxiedPage page, string path, CancellationToken cancellationToken)
    {
        using var request = Request(context, target, path);
        HttpResponseMessage answer;
        try
        {
            answer = isNode ? await _nodes.SendAsync(request, cancellationToken) : await _workloads.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw Errors.ServiceUnavailable($"error trying to reach service: {failure.Message}");
        }

        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            var rewrites = answer.Content.Headers.ContentType?.MediaType == "text/html" && answer.Content.Headers.ContentEncoding.Count == 0
                && answer.Content.Headers.ContentLength is null or <= PageMax && !HttpMethods.IsHead(context.Request.Method);
            foreach (var (header, values) in answer.Headers.Concat(answer.Content.Headers))
            {
                if (HopByHop.Contains(header, StringComparer.OrdinalIgnoreCase) || CrossOrigin.Contains(header, StringComparer.OrdinalIgnoreCase)
                    || (rewrites && header.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)))
                {
                    continue;
                }

                context.Response.Headers[header] = header.Equals("Location", StringComparison.OrdinalIgnoreCase) ? values.Select(page.Rewritten).ToArray() : values.ToArray();
            }

            if (rewrites)
            {
                await RewriteAsync(context, answer.Content, page, cancellationToken);
                return;
            }

            await answer.Content.CopyToAsync(context.Response.Body, cancellationToken);
        }
    }

    private static async ValueTask RewriteAsync(HttpContext context, HttpContent content, ProxiedPage page, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var head = new byte[PageMax];
        var count = await stream.ReadAtLeastAsync(head, PageMax, throwOnEndOfStream: false, cancellationToken);
        if (count == PageMax)
        {
            await context.Response.BodyWriter.WriteAsync(head, cancellationToken);
            await stream.CopyToAsync(context.Response.Body, cancellationToken);
            return;
        }

        // Markup is ASCII in every encoding that pages have; Latin-1 keeps all other bytes as they are.
        var rewritten = page.Rewrite(System.Text.Encoding.Latin1.GetString(head, 0, count));
        await context.Response.BodyWriter.WriteAsync(System.Text.Encoding.Latin1.GetBytes(rewritten), cancellationToken);
    }

    private static HttpRequestMessage Request(HttpContext context, Uri target, string path)
    {
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (header, values) in context.Request.Headers)
        {
            if (HopByHop.Contains(header, StringComparer.OrdinalIgnoreCase) || header.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!request.Headers.TryAddWithoutValidation(header, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(header, (IEnumerable<string?>)values);
            }
        }

        request.Headers.TryAddWithoutValidation("X-Forwarded-Uri", path);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", context.Request.Host.Value);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", context.Request.Scheme);
        return request;
    }

    private static async ValueTask<Stream> ConnectAsync(string scheme, string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (scheme != "https")
            {
                return plain;
            }

            var tls = new SslStream(plain);
            var options = AnyCertificate();
            options.TargetHost = host;
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch (Exception failure) when (failure is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose();
            throw Errors.ServiceUnavailable($"error trying to reach service: {failure.Message}");
        }
    }

    private static SslClientAuthenticationOptions AnyCertificate() => new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    /// <summary>What a user writes into a status or a slice must not make the server speak to itself or to the machine's own network.</summary>
    private static string Proxyable(string address)
    {
        var ip = IPAddress.TryParse(address, out var parsed) ? parsed : throw Errors.BadRequest("address not allowed");
        return IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6Multicast || ip.GetAddressBytes() is [169, 254, _, _] or [>= 224 and < 240, _, _, _]
            ? throw Errors.BadRequest("address not allowed")
            : address;
    }

    private (string Host, int Port) Pod(string ns, string name, string port)
    {
        var pod = _objects.Get<Pod>(ns, name) ?? throw Errors.NotFound("", "pods", name);
        var address = Proxyable(pod.Status.PodIP);
        var ports = pod.Spec.Containers.SelectMany(static c => c.Ports);
        var number = port.Length == 0 ? ports.Select(static p => p.ContainerPortValue).FirstOrDefault(80)
            : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given
            : ports.FirstOrDefault(p => p.Name == port)?.ContainerPortValue ?? throw Errors.BadRequest($"no port named \"{port}\"");
        return (address, number);
    }

    private (string Host, int Port) Service(string ns, string name, string port)
    {
        var service = _objects.Get<Service>(ns, name) ?? throw Errors.NotFound("", "services", name);
        var wanted = service.Spec.Ports.FirstOrDefault(p => port.Length == 0 || p.Name == port || p.Port.ToString(CultureInfo.InvariantCulture) == port)
            ?? throw Errors.ServiceUnavailable($"no service port \"{port}\" found for service \"{name}\"");
        var choices = new List<(string, int)>();
        foreach (var slice in _objects.List<EndpointSlice>(ns))
        {
            if (slice.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") != name)
            {
                continue;
            }

            var number = slice.Ports.FirstOrDefault(p => (p.Name ?? "") == wanted.Name)?.Port;
            foreach (var endpoint in slice.Endpoints)
            {
                if (number is { } found && endpoint.Conditions.Ready != false && endpoint.Addresses.Count > 0)
                {
                    choices.Add((Proxyable(endpoint.Addresses[0]), found));
                }
            }
        }

        if (choices.Count == 0)
        {
            throw Errors.ServiceUnavailable($"no endpoints available for service \"{name}\"");
        }

        lock (_gate)
        {
            return choices[_random.Next(choices.Count)];
        }
    }

    private static (string Scheme, string Name, string Port) Split(string text) => text.Split(':') switch
    {
        [var name] => ("", name, ""),
        [var name, var port] => ("", name, port),
        [var scheme, var name, var port] => (scheme, name, port),
        _ => throw Errors.BadRequest($"invalid service request \"{text}\""),
    };
}
