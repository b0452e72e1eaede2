using Orchestrator.Api;
using Orchestrator.ApiServer.Admission;

namespace Orchestrator.ApiServer.Tests.Support;

/// <summary>Objects for plugins to find.</summary>
internal sealed class ObjectShelf : IObjectLister
{
    private readonly Dictionary<(Type, string, string), ApiObject> _objects = [];

    public void Put(ApiObject obj) => _objects[(obj.GetType(), obj.Metadata.Namespace, obj.Metadata.Name)] = obj;

    public void Remove(ApiObject obj) => _objects.Remove((obj.GetType(), obj.Metadata.Namespace, obj.Metadata.Name));

    public T? Get<T>(string ns, string name)
        where T : ApiObject, IResourceObject<T> => (T?)_objects.GetValueOrDefault((typeof(T), ns, name));

    public IEnumerable<T> List<T>(string ns)
        where T : ApiObject, IResourceObject<T> =>
        _objects.Values.OfType<T>().Where(o => ns.Length == 0 || o.Metadata.Namespace == ns).OrderBy(o => o.Metadata.Namespace + "/" + o.Metadata.Name, StringComparer.Ordinal).ToArray();
}
