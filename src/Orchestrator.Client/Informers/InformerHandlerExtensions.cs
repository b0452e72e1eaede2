using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>Handlers from delegates, and the indexes that many share.</summary>
public static class InformerHandlerExtensions
{
    /// <summary>Index of pods by the node they run on.</summary>
    public const string NodeNameIndex = "nodeName";

    /// <summary>Index by the UID of each owner.</summary>
    public const string OwnerUidIndex = "ownerUid";

    extension<T>(IInformer<T> informer)
        where T : ApiObject
    {
        /// <summary>The object of a key; null if there is none.</summary>
        public T? Find(ObjectKey key) => informer.TryGet(key, out var obj) ? obj : null;

        public T? Find(string ns, string name) => informer.TryGet(new(ns, name), out var obj) ? obj : null;

        public IDisposable AddHandler(Action<T>? added = null, Action<T, T>? updated = null, Action<T>? deleted = null) =>
            informer.AddHandler(new DelegateHandler<T>(added, updated, deleted));

        /// <summary>Calls for every object that appears, changes (with its state before and after) or goes.</summary>
        public IDisposable OnChange(Action<T> changed) =>
            informer.AddHandler(new DelegateHandler<T>(changed, (_, current) => changed(current), changed));

        public void AddOwnerIndex() => informer.AddIndex(OwnerUidIndex, static o => o.Metadata.OwnerReferences.Select(static r => r.Uid));
    }

    extension(IInformer<Api.Core.V1.Pod> pods)
    {
        public void AddNodeNameIndex() => pods.AddIndex(NodeNameIndex, static p => p.Spec.NodeName.Length == 0 ? [] : [p.Spec.NodeName]);
    }

    private sealed class DelegateHandler<T>(Action<T>? added, Action<T, T>? updated, Action<T>? deleted) : IInformerHandler<T>
        where T : ApiObject
    {
        public void OnAdded(T obj, bool initial) => added?.Invoke(obj);

        public void OnUpdated(T old, T current) => updated?.Invoke(old, current);

        public void OnDeleted(T last) => deleted?.Invoke(last);
    }
}
