using Orchestrator.ApiServer.Lists;
using Orchestrator.ApiServer.Metrics;
using Orchestrator.ApiServer.Printing;
using Orchestrator.ApiServer.Registry;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Watching;

/// <summary>What every watch needs of the server.</summary>
internal sealed class WatchServices(
    IStore store, ObjectCodec codec, Lister lister, IObjectConverter converter, ObjectTransformer transformer, TimeProvider time, Random random, CancellationToken stopping)
{
    private readonly Lock _gate = new();

    public IStore Store => store;

    /// <summary>Counts the events that watchers are sent; null counts nothing.</summary>
    public RequestInstruments? Instruments { get; init; }

    /// <summary>Says when a custom resource is served no more; null where nothing ever goes.</summary>
    public Func<ServedResource, CancellationToken>? Gone { get; init; }

    public ObjectCodec Codec => codec;

    public Lister Lister => lister;

    public IObjectConverter Converter => converter;

    public ObjectTransformer Transformer => transformer;

    public TimeProvider Time => time;

    /// <summary>Cancelled when the server goes down: watches end so that requests can drain.</summary>
    public CancellationToken Stopping => stopping;

    public double NextFraction()
    {
        lock (_gate)
        {
            return random.NextDouble();
        }
    }
}
