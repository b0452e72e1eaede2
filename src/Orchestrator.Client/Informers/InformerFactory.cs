using Microsoft.Extensions.Logging;
using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>The factory over a client. Disposing ends its informers.</summary>
public sealed class InformerFactory(IClusterClient client, TimeProvider time, Random random, ILoggerFactory loggers) : IInformerFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Path, InformerOptions Options, Type Type), IRunningInformer> _informers = [];
    private readonly List<Task> _runs = [];
    private readonly CancellationTokenSource _stop = new();
    private bool _started;

    public IInformer<T> Get<T>(InformerOptions? options = null)
        where T : ApiObject, IResourceObject<T> => Get<T>(T.Resource, options);

    public IInformer<T> Get<T>(ResourceInfo resource, InformerOptions? options = null)
        where T : ApiObject
    {
        lock (_lock)
        {
            options ??= InformerOptions.All;
            var id = (resource.Path(""), options, typeof(T));
            if (!_informers.TryGetValue(id, out var informer))
            {
                // Each informer runs by itself, so each gets a source of chance of its own.
                informer = new Informer<T>(client, resource, options, time, new Random(random.Next()), loggers.CreateLogger("Orchestrator.Client.Informer"));
                _informers[id] = informer;
                if (_started)
                {
                    RunLocked(informer);
                }
            }

            return (IInformer<T>)informer;
        }
    }

    public void Start()
    {
        lock (_lock)
        {
            if (!_started)
            {
                _started = true;
                foreach (var informer in _informers.Values)
                {
                    RunLocked(informer);
                }
            }
        }
    }

    public async Task WaitForSyncAsync(CancellationToken cancellationToken)
    {
        Task[] waits;
        lock (_lock)
        {
            waits = [.. _informers.Values.Select(i => i.WaitForSyncAsync(cancellationToken))];
        }

        await Task.WhenAll(waits);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task[] runs;
        lock (_lock)
        {
            runs = [.. _runs];
        }

        await Task.WhenAll(runs);
        _stop.Dispose();
    }

    private void RunLocked(IRunningInformer informer) => _runs.Add(Task.Run(() => informer.RunAsync(_stop.Token), CancellationToken.None));
}
