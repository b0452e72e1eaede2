using Microsoft.AspNetCore.Http;
using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Http;
using Orchestrator.ApiServer.Machinery;
using Orchestrator.ApiServer.Registry;
using Orchestrator.ApiServer.Subresources;

namespace Orchestrator.ApiServer.Nodes;

/// <summary>log, exec, attach and portforward of pods: handed to the node that runs the pod.</summary>
internal sealed class PodConnections(ObjectStore objects, NodeConnector nodes, Tunnel tunnel, ConnectAdmission admission) : ISubresourceHandler
{
    public async ValueTask HandleAsync(HttpContext context, RequestInfo info, RequestScope scope, CancellationToken cancellationToken)
    {
        if (info.Subresource == "log")
        {
            PodLogOptionsReader.Check(context.Request.Query, scope.Name);
        }

        else
        {
            // Whether the pod is there, admission does not ask.
            await admission.AdmitAsync(context, info, scope, cancellationToken);
        }

        var pod = (Pod)objects.Codec.Read(objects.Get(scope.Resource, scope.Namespace, scope.Name));
        if (info.Subresource == "log")
        {
            await LogAsync(context, pod, cancellationToken);
            return;
        }

        if (pod.Spec.NodeName.Length == 0)
        {
            throw Errors.BadRequest($"pod {pod.Metadata.Name} does not have a host assigned");
        }

        var (host, port) = nodes.Locate(pod.Spec.NodeName);
        var query = context.Request.QueryString.Value ?? "";
        switch (info.Subresource)
        {
            case "exec" or "attach":
                var container = Container(pod, QueryFlags.Text(context.Request.Query["container"]));
                query = Translate(context.Request.Query);
                await tunnel.RunAsync(context, host, port, $"/{info.Subresource}/{pod.Metadata.Namespace}/{pod.Metadata.Name}/{container}{query}", cancellationToken);
                break;
            default:
                await tunnel.RunAsync(context, host, port, $"/portForward/{pod.Metadata.Namespace}/{pod.Metadata.Name}{query}", cancellationToken);
                break;
        }
    }

    private async ValueTask LogAsync(HttpContext context, Pod pod, CancellationToken cancellationToken)
    {
        var container = Container(pod, QueryFlags.Text(context.Request.Query["container"]));
        if (pod.Spec.NodeName.Length == 0)
        {
            // Nothing runs, so there is nothing to read yet.
            context.Response.StatusCode = 204;
            return;
        }

        var (host, port) = nodes.Locate(pod.Spec.NodeName);
        var uri = new UriBuilder("https", host, port, $"/containerLogs/{pod.Metadata.Namespace}/{pod.Metadata.Name}/{container}") { Query = context.Request.QueryString.Value?.TrimStart('?') ?? "" }.Uri;
        HttpResponseMessage answer;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            answer = await nodes.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw Errors.Internal($"Get \"{uri}\": {failure.Message}");
        }

        using (answer)
        {
            if (!answer.IsSuccessStatusCode)
            {
                var text = (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim();
                throw (int)answer.StatusCode == 404 ? Errors.Make(404, "NotFound", text, null) : Errors.Make((int)answer.StatusCode, (int)answer.StatusCode == 400 ? "BadRequest" : "InternalError", text, null);
            }

            await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
            if (WebSocketUpgrade.IsAsked(context))
            {
                await LogSocket.SendAsync(context, stream, cancellationToken);
                return;
            }

            Responses.Begin(context, 200, "text/plain");
            await context.Response.BodyWriter.FlushAsync(cancellationToken);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await context.Response.BodyWriter.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }

    /// <summary>The kubelet's own names for the options of exec and attach.</summary>
    private static string Translate(IQueryCollection query)
    {
        var parts = new List<string>();
        foreach (var (name, values) in query)
        {
            var kubelet = name switch { "stdin" => "input", "stdout" => "output", "stderr" => "error", "command" => "command", "tty" => "tty", _ => null };
            foreach (var value in values)
            {
                if (kubelet is null)
                {
                    continue;
                }

                if (name == "command")
                {
                    parts.Add("command=" + Uri.EscapeDataString(value ?? ""));
                }
                else if (QueryFlags.IsTrue(value))
                {
                    parts.Add(kubelet + "=1");
                }
            }
        }

        return "?" + string.Join('&', parts);
    }

    private static string Container(Pod pod, string given)
    {
        var all = pod.Spec.Containers.Select(static c => c.Name)
            .Concat(pod.Spec.InitContainers.Select(static c => c.Name))
            .Concat(pod.Spec.EphemeralContainers.Select(static c => c.Name));
        if (given.Length > 0)
        {
            return all.Contains(given) ? given : throw Errors.BadRequest($"container {given} is not valid for pod {pod.Metadata.Name}");
        }

        if (pod.Spec.Containers.Count == 1)
        {
            return pod.Spec.Containers[0].Name;
        }

        var choices = $"[{string.Join(' ', pod.Spec.Containers.Select(static c => c.Name))}]";
        var inits = pod.Spec.InitContainers.Count > 0 ? $" or one of the init containers: [{string.Join(' ', pod.Spec.InitContainers.Select(static c => c.Name))}]" : "";
        throw Errors.BadRequest($"a container name must be specified for pod {pod.Metadata.Name}, choose one of: {choices}{inits}");
    }
}
