using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;
using Orchestrator.Agent.Streaming;

namespace Orchestrator.Agent.Http;

/// <summary>Serves exec, attach and port-forward.</summary>
internal sealed class StreamEndpoints(PodManager manager, RuntimePodReader reader, IContainerRuntime runtime, StreamingProxy proxy)
{
    public async Task ExecAsync(HttpContext context)
    {
        if (await FindContainerAsync(context) is not { } container)
        {
            return;
        }

        var command = context.Request.Query["command"].OfType<string>().ToList();
        if (command.Count == 0)
        {
            await StreamingProxy.RefuseAsync(context, StatusCodes.Status400BadRequest, "you must specify at least 1 command to execute");
            return;
        }

        var options = Options(context);
        await proxy.RemoteCommandAsync(context, options, token => runtime.ExecAsync(
            new Cri.ExecRequest
            {
                ContainerId = container.Id,
                Cmd = { command },
                Tty = options.Tty,
                Stdin = options.Stdin,
                Stdout = options.Stdout,
                Stderr = options.Stderr && !options.Tty,
            },
            token));
    }

    public async Task AttachAsync(HttpContext context)
    {
        if (await FindContainerAsync(context) is not { } container)
        {
            return;
        }

        var worker = manager.Find(Route(context, "podNamespace"), Route(context, "podName"))!;
        var tty = worker.Pod.FindContainer(container.Name)?.Tty == true;
        var options = Options(context) with { Tty = tty };
        await proxy.RemoteCommandAsync(context, options, token => runtime.AttachAsync(
            new Cri.AttachRequest
            {
                ContainerId = container.Id,
                Tty = tty,
                Stdin = options.Stdin,
                Stdout = options.Stdout,
                Stderr = options.Stderr && !tty,
            },
            token));
    }

    public async Task PortForwardAsync(HttpContext context)
    {
        if (manager.Find(Route(context, "podNamespace"), Route(context, "podName"), context.Request.RouteValues["uid"] as string) is not { } worker)
        {
            await StreamingProxy.RefuseAsync(context, StatusCodes.Status404NotFound, "pod does not exist");
            return;
        }

        var runtimePod = await reader.ReadAsync(worker.Pod.Metadata.Uid, context.RequestAborted);
        if (runtimePod.ReadySandbox is not { } sandbox)
        {
            await StreamingProxy.RefuseAsync(context, StatusCodes.Status500InternalServerError, $"failed to find sandbox for pod {worker.Pod.Text}");
            return;
        }

        var ports = context.Request.Query["port"].Concat(context.Request.Query["ports"])
            .SelectMany(p => (p ?? "").Split(','))
            .Select(p => int.TryParse(p, CultureInfo.InvariantCulture, out var port) ? port : 0)
            .Where(p => p is > 0 and < 65536)
            .ToList();
        await proxy.PortForwardAsync(context, ports, token => runtime.PortForwardAsync(
            new Cri.PortForwardRequest { PodSandboxId = sandbox.Id, Port = { ports } }, token));
    }

    private async Task<RuntimeContainer?> FindContainerAsync(HttpContext context)
    {
        var worker = manager.Find(Route(context, "podNamespace"), Route(context, "podName"), context.Request.RouteValues["uid"] as string);
        if (worker is null)
        {
            await StreamingProxy.RefuseAsync(context, StatusCodes.Status404NotFound, "pod does not exist");
            return null;
        }

        var name = Route(context, "containerName");
        var runtimePod = await reader.ReadAsync(worker.Pod.Metadata.Uid, context.RequestAborted);
        if (runtimePod.Find(name) is { IsRunning: true } container)
        {
            return container;
        }

        await StreamingProxy.RefuseAsync(context, StatusCodes.Status404NotFound, $"container not found (\"{name}\")");
        return null;
    }

    /// <summary>The kubelet calls the streams input, output and error; the API stdin, stdout and stderr.</summary>
    private static RemoteCommandOptions Options(HttpContext context)
    {
        bool Flag(string kubelet, string api) =>
            context.Request.Query[kubelet].ToString() is "1" or "true" || context.Request.Query[api].ToString() is "1" or "true";

        return new(Flag("input", "stdin"), Flag("output", "stdout"), Flag("error", "stderr"), Flag("tty", "tty"));
    }

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;
}
