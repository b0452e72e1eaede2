using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission;

/// <summary>
/// An index that is kept from the store's changes. The server calls it for every object of <see cref="Resources"/> that exists at start, then for
/// every commit in the order of commits, from one thread at a time; what it answers may be read by many threads meanwhile.
/// </summary>
public interface IObjectView
{
    IReadOnlyList<ResourceInfo> Resources { get; }

    /// <summary>An object is there, new or changed.</summary>
    void Put(ApiObject obj);

    /// <summary>An object is gone; its last state.</summary>
    void Remove(ApiObject obj);
}
