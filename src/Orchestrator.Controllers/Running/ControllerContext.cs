using Microsoft.Extensions.Logging;
using Orchestrator.Client;

namespace Orchestrator.Controllers;

/// <summary>What a controller is given for one term of leadership.</summary>
internal sealed class ControllerContext(IClusterClient client, IInformerFactory informers, TimeProvider time, Random random, ControllerOptions options, ILoggerFactory loggers)
    : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, EventRecorder> _recorders = [];

    public IClusterClient Client { get; } = client;

    public IInformerFactory Informers { get; } = informers;

    public TimeProvider Time { get; } = time;

    public NameGenerator Names { get; } = new(new Random(random.Next()));

    public ControllerOptions Options { get; } = options;

    public ILoggerFactory Loggers { get; } = loggers;

    /// <summary>A source of chance of its own, for one thread at a time.</summary>
    public Random NewRandom()
    {
        lock (_lock)
        {
            return new Random(random.Next());
        }
    }

    /// <summary>The recorder whose Events come from a component.</summary>
    public IEventRecorder Recorder(string component)
    {
        lock (_lock)
        {
            if (!_recorders.TryGetValue(component, out var recorder))
            {
                _recorders[component] = recorder = new EventRecorder(Client, component, "", Time, Loggers.CreateLogger<EventRecorder>());
            }

            return recorder;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Informers.DisposeAsync();
        EventRecorder[] recorders;
        lock (_lock)
        {
            recorders = [.. _recorders.Values];
        }

        await Task.WhenAll(recorders.Select(static r => r.DisposeAsync().AsTask()));
    }
}
