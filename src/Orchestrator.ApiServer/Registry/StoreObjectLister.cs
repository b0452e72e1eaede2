using Orchestrator.Api;
using Orchestrator.ApiServer.Admission;
using Orchestrator.Storage;

namespace Orchestrator.ApiServer.Registry;

/// <summary>Reads objects from the store's snapshots.</summary>
internal sealed class StoreObjectLister(IStore store, ObjectCodec codec, ResourceRegistry registry) : IObjectLister
{
    public T? Get<T>(string ns, string name)
        where T : ApiObject, IResourceObject<T>
    {
        var resource = Of<T>();
        return store.Snapshot(resource.Collection).Find(resource.KeyOf(ns, name)) is { } value ? (T)codec.Read(value) : null;
    }

    public IEnumerable<T> List<T>(string ns)
        where T : ApiObject, IResourceObject<T>
    {
        var resource = Of<T>();
        var prefix = resource.Info.Namespaced && ns.Length > 0 ? ns + "/" : null;
        foreach (var value in store.Snapshot(resource.Collection).Range(prefix))
        {
            yield return (T)codec.Read(value);
        }
    }

    private ServedResource Of<T>()
        where T : ApiObject, IResourceObject<T> => registry.Find(T.Resource.Group, T.Resource.Version, T.Resource.Resource)!;
}
