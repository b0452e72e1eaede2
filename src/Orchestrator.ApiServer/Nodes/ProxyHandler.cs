using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Discovery.V1;
using Orchestrator.ApiServer.Admission;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Subresources;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>The proxy subresource of pods, services and nodes: <c>[scheme:]name[:port]/proxy/path</c>.</summary>
internal sealed class ProxyHandler(IObjectLister objects, NodeConnector nodes, Random random) : ISubresourceHandler
{
    private static readonly string[] HopByHop = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Host", "Authorization"];
    private readonly Lock _gate = new();

    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        var (scheme, name, port) = Split(scope.Name);
        var (host, number) = scope.Resource.Info.Resource switch
        {
            "pods" => Pod(scope.Namespace, name, port),
            "services" => Service(scope.Namespace, name, port),
            _ => nodes.Locate(name),
        };
        if (scope.Resource.Info.Resource == "nodes")
        {
            scheme = "https";
        }

        var target = new UriBuilder(scheme.Length == 0 ? "http" : scheme, host, number, "/" + info.Rest.TrimStart('/')) { Query = context.Request.QueryString.Value?.TrimStart('?') ?? "" }.Uri;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
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

        HttpResponseMessage answer;
        try
        {
            answer = await nodes.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw Errors.ServiceUnavailable($"error trying to reach service: {failure.Message}");
        }

        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (header, values) in answer.Headers.Concat(answer.Content.Headers))
            {
                if (!HopByHop.Contains(header, StringComparer.OrdinalIgnoreCase))
                {
                    context.Response.Headers[header] = values.ToArray();
                }
            }

            await answer.Content.CopyToAsync(context.Response.Body, cancellationToken);
        }
    }

    private (string Host, int Port) Pod(string ns, string name, string port)
    {
        var pod = objects.Get<Pod>(ns, name) ?? throw Errors.NotFound("", "pods", name);
        if (pod.Status.PodIP.Length == 0)
        {
            throw Errors.BadRequest("address not allowed");
        }

        var ports = pod.Spec.Containers.SelectMany(static c => c.Ports);
        var number = port.Length == 0 ? ports.Select(static p => p.ContainerPortValue).FirstOrDefault(80)
            : int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given
            : ports.FirstOrDefault(p => p.Name == port)?.ContainerPortValue ?? throw Errors.BadRequest($"no port named \"{port}\"");
        return (pod.Status.PodIP, number);
    }

    private (string Host, int Port) Service(string ns, string name, string port)
    {
        var service = objects.Get<Service>(ns, name) ?? throw Errors.NotFound("", "services", name);
        var wanted = service.Spec.Ports.FirstOrDefault(p => port.Length == 0 || p.Name == port || p.Port.ToString(CultureInfo.InvariantCulture) == port)
            ?? throw Errors.ServiceUnavailable($"no service port \"{port}\" found for service \"{name}\"");
        var choices = new List<(string, int)>();
        foreach (var slice in objects.List<EndpointSlice>(ns))
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
                    choices.Add((endpoint.Addresses[0], found));
                }
            }
        }

        if (choices.Count == 0)
        {
            throw Errors.ServiceUnavailable($"no endpoints available for service \"{name}\"");
        }

        lock (_gate)
        {
            return choices[random.Next(choices.Count)];
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
