using Orchestrator.Api;

namespace Orchestrator.ApiServer.Admission;

/// <summary>
/// The objects of the cluster as the server's memory has them: reads without a lock, never stale behind this server's own commits.
/// Objects are shared and must not be changed. May be used by several threads at once.
/// </summary>
public interface IObjectLister
{
    /// <summary>One object; null if there is none. <paramref name="ns"/> is "" for cluster-scoped kinds.</summary>
    T? Get<T>(string ns, string name)
        where T : ApiObject, IResourceObject<T>;

    /// <summary>The objects of a namespace ("" for all, or for cluster-scoped kinds), by name, of one moment.</summary>
    IEnumerable<T> List<T>(string ns)
        where T : ApiObject, IResourceObject<T>;
}
