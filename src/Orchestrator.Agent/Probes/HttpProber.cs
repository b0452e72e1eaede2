using System.Globalization;
using System.Net.Sockets;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;

namespace Orchestrator.Agent.Probes;

/// <summary>GETs a page: any status from 200 to 399 passes; redirects on the same host are followed.</summary>
internal static class HttpProber
{
    private const int OutputLengthMax = 10 * 1024;
    private const int RedirectsMax = 10;

    // A probe is no browser: a connection each, no proxy, certificates of pods are their own.
    private static readonly HttpMessageInvoker Invoker = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    });

    public static async Task<ProbeOutcome> ProbeAsync(
        HTTPGetAction action, Container container, string address, TimeSpan timeout, string agent, CancellationToken cancellationToken)
    {
        if (!ProbePort.TryResolve(action.Port, container, out var port, out var error))
        {
            return new(ProbeVerdict.Unknown, error);
        }

        var host = action.Host.Length > 0 ? action.Host : address;
        var scheme = action.Scheme.Length > 0 ? action.Scheme.ToLowerInvariant() : "http";
        var target = ProbePort.Join(host, port);
        var path = action.Path.StartsWith('/') ? action.Path : "/" + action.Path;
        var url = $"{scheme}://{target}{path}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            return new(ProbeVerdict.Unknown, $"parse \"{url}\": invalid URL");
        }

        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(timeout);
        try
        {
            return await FollowAsync(uri, action, agent, limited.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(ProbeVerdict.Failure, $"Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (HttpRequestException e)
        {
            return new(ProbeVerdict.Failure, $"Get \"{url}\": {Reason(e, target)}");
        }
    }

    /// <summary>Asks, and asks where the answer points to as long as that is the same host.</summary>
    private static async Task<ProbeOutcome> FollowAsync(Uri uri, HTTPGetAction action, string agent, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = Request(uri, action, agent);
            using var response = await Invoker.SendAsync(request, cancellationToken);
            var code = (int)response.StatusCode;
            if (code is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
            {
                var next = new Uri(uri, location);
                if (next.Host != uri.Host)
                {
                    // Elsewhere may be anywhere; the container has answered, which is what was asked.
                    return new(ProbeVerdict.Warning, $"Probe terminated redirects, Response body: {await BodyAsync(response, cancellationToken)}");
                }

                if (redirects + 1 >= RedirectsMax)
                {
                    return new(ProbeVerdict.Failure, $"Get \"{next.PathAndQuery}\": stopped after {RedirectsMax} redirects");
                }

                uri = next;
                continue;
            }

            return code is >= 200 and < 400
                ? new(ProbeVerdict.Success, await BodyAsync(response, cancellationToken))
                : new(ProbeVerdict.Failure, string.Create(CultureInfo.InvariantCulture, $"HTTP probe failed with statuscode: {code}"), IsAnswer: true);
        }
    }

    private static HttpRequestMessage Request(Uri uri, HTTPGetAction action, string agent)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        foreach (var header in action.HttpHeaders)
        {
            if (header.Name.Equals("host", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.Host = header.Value;
            }
            else
            {
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        request.Headers.ConnectionClose = true;
        if (!request.Headers.Contains("User-Agent"))
        {
            request.Headers.TryAddWithoutValidation("User-Agent", agent);
        }

        if (!request.Headers.Contains("Accept"))
        {
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
        }

        return request;
    }

    private static string Reason(HttpRequestException e, string target) => e switch
    {
        { InnerException: SocketException socket } => $"dial tcp {target}: {DialErrors.Text(socket)}",
        { HttpRequestError: HttpRequestError.ResponseEnded } => "EOF",
        { InnerException: IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } } => $"read tcp {target}: read: connection reset by peer",
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "http: server gave HTTP response to HTTPS client",
        { HttpRequestError: HttpRequestError.InvalidResponse } when StatusLine(e.Message) is { } line => $"net/http: HTTP/1.x transport connection broken: malformed HTTP response \"{line}\"",
        _ => e.InnerException?.Message ?? e.Message,
    };

    /// <summary>The line that is quoted in the text of an answer that is none; null if no line is.</summary>
    private static string? StatusLine(string message)
    {
        var first = message.IndexOf('\'');
        var last = message.LastIndexOf('\'');
        return first >= 0 && last > first ? message[(first + 1)..last] : null;
    }

    private static async Task<string> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[OutputLengthMax];
        var read = await body.ReadAtLeastAsync(buffer, OutputLengthMax, throwOnEndOfStream: false, cancellationToken);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, read);
    }
}
