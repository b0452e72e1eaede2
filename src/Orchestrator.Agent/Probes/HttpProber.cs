using System.Globalization;
using System.Net.Sockets;
using Orchestrator.Agent.Pods;
using Orchestrator.Api;

namespace Orchestrator.Agent.Probes;

/// <summary>GETs a page: any status from 200 to 399 passes.</summary>
internal static class HttpProber
{
    private const int OutputLengthMax = 10 * 1024;

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
        if (ProbePort.Resolve(action.Port, container) is not { } port)
        {
            return new(ProbeVerdict.Unknown, $"couldn't find port: {action.Port} in container {container.Name}");
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

        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
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

        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(timeout);
        try
        {
            using var response = await Invoker.SendAsync(request, limited.Token);
            var code = (int)response.StatusCode;
            return code is >= 200 and < 400
                ? new(ProbeVerdict.Success, await BodyAsync(response, limited.Token))
                : new(ProbeVerdict.Failure, string.Create(CultureInfo.InvariantCulture, $"HTTP probe failed with statuscode: {code}"));
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

    private static string Reason(HttpRequestException e, string target) =>
        e.InnerException is SocketException socket ? $"dial tcp {target}: {DialErrors.Text(socket)}" : e.InnerException?.Message ?? e.Message;

    private static async Task<string> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[OutputLengthMax];
        var read = await body.ReadAtLeastAsync(buffer, OutputLengthMax, throwOnEndOfStream: false, cancellationToken);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, read);
    }
}
