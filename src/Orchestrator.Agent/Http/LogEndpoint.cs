using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestrator.Agent.Logs;
using Orchestrator.Agent.Pods;
using Orchestrator.Agent.Runtime;
using Orchestrator.Api;

namespace Orchestrator.Agent.Http;

/// <summary>Serves the logs of containers.</summary>
internal sealed class LogEndpoint(PodManager manager, RuntimePodReader reader, IContainerRuntime runtime, PodPaths paths, TimeProvider time)
{
    public async Task ServeAsync(HttpContext context)
    {
        var (podNamespace, podName, containerName) = (Route(context, "podNamespace"), Route(context, "podName"), Route(context, "containerName"));
        if (manager.Find(podNamespace, podName) is not { } worker)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, $"pod \"{podName}\" not found");
            return;
        }

        var pod = worker.Pod;
        if (pod.FindContainer(containerName) is null)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, $"container \"{containerName}\" not found in pod \"{podName}\"");
            return;
        }

        if (!TryReadOptions(context.Request.Query, out var options, out var previous, out var error))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, error);
            return;
        }

        var runs = (await reader.ReadAsync(pod.Metadata.Uid, context.RequestAborted)).Containers.Where(c => c.Name == containerName).ToList();
        var run = previous ? runs.Skip(1).FirstOrDefault() : runs.FirstOrDefault(c => c.State != Cri.ContainerState.ContainerCreated);
        if (run is null)
        {
            var waiting = worker.Status.ContainerStatuses.Concat(worker.Status.InitContainerStatuses).FirstOrDefault(s => s.Name == containerName)?.State.Waiting;
            await FailAsync(context, StatusCodes.Status400BadRequest, previous
                ? $"previous terminated container \"{containerName}\" in pod \"{podName}\" not found"
                : $"container \"{containerName}\" in pod \"{podName}\" is waiting to start: {(waiting?.Reason is { Length: > 0 } reason ? reason : "ContainerCreating")}");
            return;
        }

        var path = run.LogPath.Length > 0
            ? run.LogPath
            : Path.Combine(paths.LogFolder(podNamespace, podName, pod.Metadata.Uid), PodPaths.LogFile(containerName, run.RestartCount));
        context.Response.ContentType = "text/plain";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await new LogReader(time).ReadAsync(path, options, context.Response.Body, token => IsRunningAsync(run.Id, token), context.RequestAborted);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            await FailAsync(context, StatusCodes.Status500InternalServerError, $"failed to try resolving symlinks in path \"{path}\": no such file");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader has gone.
        }
    }

    private async Task<bool> IsRunningAsync(string containerId, CancellationToken cancellationToken)
    {
        try
        {
            return (await runtime.ContainerStatusAsync(containerId, cancellationToken)).State == Cri.ContainerState.ContainerRunning;
        }
        catch (global::Grpc.Core.RpcException e) when (e.StatusCode == global::Grpc.Core.StatusCode.NotFound)
        {
            return false;
        }
    }

    private bool TryReadOptions(IQueryCollection query, out LogReadOptions options, out bool previous, out string error)
    {
        options = new();
        error = "";
        previous = Flag(query, "previous");
        if (!TryNumber(query, "tailLines", out var tail) || !TryNumber(query, "limitBytes", out var limit) || !TryNumber(query, "sinceSeconds", out var sinceSeconds))
        {
            error = "tailLines, limitBytes and sinceSeconds must be numbers";
            return false;
        }

        DateTimeOffset? since = sinceSeconds is { } seconds ? time.GetUtcNow() - TimeSpan.FromSeconds(seconds) : null;
        if (query["sinceTime"].ToString() is { Length: > 0 } text)
        {
            if (!ApiTime.TryParse(text, out var moment))
            {
                error = $"sinceTime \"{text}\" is not a time";
                return false;
            }

            since = moment;
        }

        options = new LogReadOptions
        {
            Follow = Flag(query, "follow"),
            Timestamps = Flag(query, "timestamps"),
            TailLines = tail,
            LimitBytes = limit,
            Since = since,
            Streams = query["stream"].ToString() switch { "Stdout" => LogStreams.Out, "Stderr" => LogStreams.Error, _ => LogStreams.All },
        };
        return true;
    }

    private static bool Flag(IQueryCollection query, string name) => query[name].ToString() is "true" or "1" or "True";

    private static bool TryNumber(IQueryCollection query, string name, out long? value)
    {
        value = null;
        if (query[name].ToString() is not { Length: > 0 } text)
        {
            return true;
        }

        var valid = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed);
        value = parsed;
        return valid;
    }

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static Task FailAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(message);
    }
}
