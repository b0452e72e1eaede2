using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Orchestrator.Grpc;
using Orchestrator.Protos.Containerd.Events;

namespace Orchestrator.Agent.Runtime;

/// <summary>containerd's task events of the namespace that its CRI uses.</summary>
internal sealed partial class ContainerdEvents(string endpoint, TimeProvider time, ILogger<ContainerdEvents> logger) : IRuntimeEvents, IDisposable
{
    // Namespace of everything that CRI makes in containerd.
    private const string Namespace = "k8s.io";
    private static readonly TimeSpan ReconnectDelayMin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReconnectDelayMax = TimeSpan.FromSeconds(10);
    private readonly GrpcChannel _channel = GrpcChannels.Create(endpoint);

    public async IAsyncEnumerable<RuntimeEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var client = new Events.EventsClient(_channel);
        var delay = ReconnectDelayMin;
        while (true)
        {
            var connectedAt = time.GetTimestamp();
            using var call = client.Subscribe(
                new SubscribeRequest
                {
                    Filters =
                    {
                        $"namespace=={Namespace},topic==\"/tasks/start\"",
                        $"namespace=={Namespace},topic==\"/tasks/exit\"",
                        $"namespace=={Namespace},topic==\"/tasks/delete\"",
                        $"namespace=={Namespace},topic==\"/tasks/oom\"",
                    },
                },
                cancellationToken: cancellationToken);
            yield return new RuntimeEvent("", RuntimeEventKind.Resync);
            while (await NextAsync(call.ResponseStream, cancellationToken))
            {
                if (Parse(call.ResponseStream.Current) is { } runtimeEvent)
                {
                    yield return runtimeEvent;
                }
            }

            // A runtime that is down is asked less and less often: each time wakes every pod's worker.
            await Task.Delay(delay, time, cancellationToken);
            delay = time.GetElapsedTime(connectedAt) > ReconnectDelayMax ? ReconnectDelayMin
                : delay * 2 < ReconnectDelayMax ? delay * 2
                : ReconnectDelayMax;
        }
    }

    public void Dispose() => _channel.Dispose();

    /// <summary>The event of a task's main process; null for those of exec processes.</summary>
    internal static RuntimeEvent? Parse(Envelope envelope)
    {
        switch (envelope.Topic)
        {
            case "/tasks/start":
                return new(TaskStart.Parser.ParseFrom(envelope.Event.Value).ContainerId, RuntimeEventKind.Started);
            case "/tasks/exit":
                var exit = TaskExit.Parser.ParseFrom(envelope.Event.Value);
                return exit.Id == exit.ContainerId ? new(exit.ContainerId, RuntimeEventKind.Exited) : null;
            case "/tasks/delete":
                var delete = TaskDelete.Parser.ParseFrom(envelope.Event.Value);
                return delete.Id.Length == 0 || delete.Id == delete.ContainerId ? new(delete.ContainerId, RuntimeEventKind.Exited) : null;
            case "/tasks/oom":
                return new(TaskOOM.Parser.ParseFrom(envelope.Event.Value).ContainerId, RuntimeEventKind.OutOfMemory);
            default:
                return null;
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncStreamReader<Envelope> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken);
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogLost(e.Status.Detail);
            return false;
        }
    }

    [LoggerMessage(5001, LogLevel.Warning, "Lost the runtime's event stream, connecting again: {Reason}")]
    private partial void LogLost(string reason);
}
