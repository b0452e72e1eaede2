using Microsoft.Extensions.Logging;
using Orchestrator.Api;
using Orchestrator.Client;

namespace Orchestrator.Controllers;

/// <summary>A controller that takes object keys from a queue and reconciles each.</summary>
internal abstract class QueueController : IController, IReconciler
{
    private readonly int _workers;

    protected QueueController(string name, ControllerContext context, int workers)
    {
        Name = name;
        Context = context;
        _workers = workers;
        Queue = new WorkQueue<ObjectKey>(context.Time, name: name);
        Logger = context.Loggers.CreateLogger(GetType());
    }

    public string Name { get; }

    protected ControllerContext Context { get; }

    protected IClusterClient Client => Context.Client;

    protected TimeProvider Time => Context.Time;

    protected WorkQueue<ObjectKey> Queue { get; }

    protected ILogger Logger { get; }

    public virtual async Task RunAsync(CancellationToken cancellationToken)
    {
        await new ReconcileLoop(Name, this, Queue, Logger).RunAsync(_workers, cancellationToken);
        Queue.Dispose();
    }

    public abstract ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);

    /// <summary>Enqueues each object of a kind as it changes.</summary>
    protected IInformer<T> Watch<T>()
        where T : ApiObject, IResourceObject<T>
    {
        var informer = Context.Informers.Get<T>();
        informer.OnChange(o => Queue.Add(o.Key));
        return informer;
    }
}
