using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Hears of changes in an informer. Calls hold up the informer's stream: mark something dirty, enqueue a key, return.</summary>
public interface IInformerHandler<in T>
    where T : ApiObject
{
    /// <param name="obj">The object.</param>
    /// <param name="initial">Whether it was there when the handler (or the informer) started, so that nothing happened now.</param>
    void OnAdded(T obj, bool initial);

    void OnUpdated(T old, T current);

    /// <param name="last">The last state that is known; after an interrupted watch it may not be the very last.</param>
    void OnDeleted(T last);
}
