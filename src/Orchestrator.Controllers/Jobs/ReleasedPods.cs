using System.Collections.Concurrent;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.Controllers.Jobs;

/// <summary>Pods whose finalizer was taken away but which the cache may still show with it; counting those would count them twice.</summary>
internal sealed class ReleasedPods
{
    private readonly ConcurrentDictionary<string, byte> _uids = [];

    /// <summary>Whether the pod is held by the finalizer, as far as this process knows.</summary>
    public bool Holds(Pod pod) => JobPods.HasFinalizer(pod) && !_uids.ContainsKey(pod.Metadata.Uid);

    public void Released(Pod pod) => _uids.TryAdd(pod.Metadata.Uid, 0);

    /// <summary>The cache shows the pod as it is now.</summary>
    public void Observed(Pod pod, bool gone)
    {
        if (gone || !JobPods.HasFinalizer(pod))
        {
            _uids.TryRemove(pod.Metadata.Uid, out _);
        }
    }
}
