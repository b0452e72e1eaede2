using System.Diagnostics.CodeAnalysis;
using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>A copy of a collection that follows the server, with indexes, and news of every change.</summary>
/// <remarks>
/// Reads may come from any thread and never wait for the network; they see some recent state, which is whole once <see cref="HasSynced"/>. Objects are
/// shared and immutable. Handlers are called one at a time, in the order of the changes, after the copy shows the change.
/// </remarks>
public interface IInformer<T>
    where T : ApiObject
{
    /// <summary>Whether the first list is in the copy and every handler has heard of it.</summary>
    bool HasSynced { get; }

    int Count { get; }

    /// <summary>Completes once synced.</summary>
    Task WaitForSyncAsync(CancellationToken cancellationToken);

    bool TryGet(ObjectKey key, [MaybeNullWhen(false)] out T obj);

    /// <summary>All objects, in no order.</summary>
    IReadOnlyCollection<T> List();

    /// <summary>The objects of a namespace, in no order.</summary>
    IReadOnlyCollection<T> List(string ns);

    /// <summary>The objects under a value of an index.</summary>
    /// <exception cref="ArgumentException">There is no such index.</exception>
    IReadOnlyCollection<T> ByIndex(string index, string value);

    /// <summary>Adds an index, unless there is one of the name already. Best before the start; later it is built at once.</summary>
    void AddIndex(string name, Func<T, IEnumerable<string>> valuesOf);

    /// <summary>Adds a handler, which first hears of all objects that are there. Disposing takes it away.</summary>
    IDisposable AddHandler(IInformerHandler<T> handler);
}
