using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Informers shared by all who ask for the same collection. Disposing ends them.</summary>
public interface IInformerFactory : IAsyncDisposable
{
    /// <summary>The informer of a kind; made when first asked for, running once the factory has been started.</summary>
    IInformer<T> Get<T>(InformerOptions? options = null)
        where T : ApiObject, IResourceObject<T>;

    /// <summary>The informer of any resource, as whatever type the caller wants to see (see <see cref="IClusterClient"/>).</summary>
    IInformer<T> Get<T>(ResourceInfo resource, InformerOptions? options = null)
        where T : ApiObject;

    /// <summary>Starts the informers asked for so far and, from now on, at once those asked for later. May be called again.</summary>
    void Start();

    /// <summary>Completes once all informers asked for so far have synced.</summary>
    Task WaitForSyncAsync(CancellationToken cancellationToken);
}
