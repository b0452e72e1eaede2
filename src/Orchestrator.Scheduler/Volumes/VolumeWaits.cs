using Orchestrator.Api;
using Orchestrator.Scheduler.Queue;

namespace Orchestrator.Scheduler.Volumes;

/// <summary>Pods that have a node and wait for their claims to be bound before they are bound themselves.</summary>
internal sealed class VolumeWaits(VolumeCatalog catalog, TimeProvider time, TimeSpan limit)
{
    private readonly List<Wait> _waits = [];

    /// <summary>How a wait ended.</summary>
    /// <param name="Pod">The pod.</param>
    /// <param name="Node">The chosen node.</param>
    /// <param name="Failure">Why the claims will not be bound; null if they are.</param>
    internal readonly record struct Ended(QueuedPod Pod, string Node, string? Failure);

    private sealed record Wait(QueuedPod Pod, string Node, VolumePlan Plan, DateTimeOffset Until)
    {
        public bool IsWritten { get; set; }
    }

    public bool IsEmpty => _waits.Count == 0;

    public void Begin(QueuedPod pod, string node, VolumePlan plan)
    {
        foreach (var (claim, volume) in plan.Bindings)
        {
            catalog.Promise(volume.Metadata.Name, claim.Key);
        }

        _waits.Add(new(pod, node, plan, time.GetUtcNow() + limit));
    }

    /// <summary>What the plan asks for has been written.</summary>
    public void OnWritten(QueuedPod pod)
    {
        if (_waits.Find(w => w.Pod == pod) is { } wait)
        {
            wait.IsWritten = true;
        }
    }

    /// <summary>Ends the wait of a pod that is gone or whose plan could not be written.</summary>
    public void Cancel(QueuedPod pod)
    {
        foreach (var wait in _waits.Where(w => w.Pod == pod).ToArray())
        {
            End(wait);
        }
    }

    /// <summary>Takes out those that ended.</summary>
    public List<Ended> TakeEnded()
    {
        var ended = new List<Ended>();
        foreach (var wait in _waits.ToArray())
        {
            if (!wait.IsWritten)
            {
                continue;
            }

            var failure = Look(wait, out var bound);
            if (bound || failure is not null)
            {
                End(wait);
                ended.Add(new(wait.Pod, wait.Node, failure));
            }
        }

        return ended;
    }

    private string? Look(Wait wait, out bool bound)
    {
        bound = true;
        foreach (var key in wait.Plan.Bindings.Select(static b => b.Claim.Key).Concat(wait.Plan.Provisionings.Select(static c => c.Key)))
        {
            if (catalog.Claim(key) is not { } claim)
            {
                return $"persistentvolumeclaim \"{key.Name}\" was deleted while its volume was being bound";
            }

            bound &= VolumeCatalog.IsBound(claim);
        }

        return bound || time.GetUtcNow() < wait.Until ? null : $"binding volumes: timed out waiting for the claims of {wait.Pod.Info.Key}";
    }

    private void End(Wait wait)
    {
        _waits.Remove(wait);
        foreach (var (_, volume) in wait.Plan.Bindings)
        {
            catalog.Withdraw(volume.Metadata.Name);
        }
    }
}
