using Orchestrator.Api;
using Orchestrator.Client;
using Orchestrator.Scheduler.Evaluation;

namespace Orchestrator.Scheduler.Queue;

/// <summary>The pods that have no node, in order of priority and then of arrival. Used by one thread at a time.</summary>
/// <remarks>
///   new ──► Active ──► being scheduled ──► bound
///    │        ▲  ▲            │ refused
///  Gated ─────┘  │            ▼
///           BackingOff ◄── Unschedulable (a change that could help, or five minutes)
/// </remarks>
internal sealed class SchedulingQueue(TimeProvider time)
{
    private static readonly BackoffPolicy Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    // A pod is tried again after this long even if no change is known that could help (upstream's figure).
    private static readonly TimeSpan UnschedulableMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ObjectKey, QueuedPod> _pods = [];
    private readonly PriorityQueue<(QueuedPod Pod, long Ticket), (int Rank, long QueuedAt, long Ticket)> _active = new();
    private readonly PriorityQueue<(QueuedPod Pod, long Ticket), (DateTimeOffset Until, long Ticket)> _backingOff = new();
    private readonly HashSet<QueuedPod> _unschedulable = [];
    private long _ticket;
    private DateTimeOffset _nextSweep;

    public int Count => _pods.Count;

    public IReadOnlyCollection<QueuedPod> Unschedulable => _unschedulable;

    public IEnumerable<QueuedPod> All => _pods.Values;

    public QueuedPod? Find(ObjectKey key) => _pods.GetValueOrDefault(key);

    public void Add(QueuedPod pod)
    {
        _pods[pod.Info.Key] = pod;
        pod.QueuedAt = time.GetTimestamp();
        Activate(pod);
    }

    public void Remove(QueuedPod pod)
    {
        _pods.Remove(pod.Info.Key);
        Leave(pod);
    }

    /// <summary>Makes it the turn of a pod at once, or holds it if it has gates.</summary>
    public void Activate(QueuedPod pod)
    {
        Leave(pod);
        if (pod.IsGated)
        {
            pod.Place = QueuePlace.Gated;
            return;
        }

        pod.Place = QueuePlace.Active;
        pod.Ticket = ++_ticket;
        _active.Enqueue((pod, pod.Ticket), (-pod.Info.Priority, pod.QueuedAt, pod.Ticket));
    }

    /// <summary>The next pod: the most important active one; if there is none, the first that backs off for want of a node.</summary>
    public bool TryPop(out QueuedPod pod)
    {
        while (_active.TryDequeue(out var entry, out _))
        {
            if (entry.Pod.Place == QueuePlace.Active && entry.Pod.Ticket == entry.Ticket)
            {
                pod = entry.Pod;
                pod.Place = QueuePlace.None;
                return true;
            }
        }

        while (_backingOff.TryPeek(out var entry, out var order))
        {
            if (entry.Pod.Place != QueuePlace.BackingOff || entry.Pod.Ticket != entry.Ticket)
            {
                _backingOff.Dequeue();
                continue;
            }

            if (entry.Pod.FailedByError && order.Until > time.GetUtcNow())
            {
                break;
            }

            _backingOff.Dequeue();
            pod = entry.Pod;
            pod.Place = QueuePlace.None;
            return true;
        }

        pod = null!;
        return false;
    }

    /// <summary>A node takes the pod: it is forgotten unless it comes back by <see cref="FailByError"/>.</summary>
    public void Done(QueuedPod pod) => Remove(pod);

    /// <summary>No node took the pod.</summary>
    public void Refuse(QueuedPod pod, Plugins by)
    {
        pod.Failures++;
        pod.FailedByError = false;
        pod.RefusedBy = by;
        pod.UnschedulableSince = time.GetUtcNow();
        pod.BackOffUntil = pod.UnschedulableSince + Backoff.Delay(pod.Failures - 1);
        pod.Place = QueuePlace.Unschedulable;
        _unschedulable.Add(pod);
    }

    /// <summary>Something went wrong while it was scheduled or bound: tried again after a while.</summary>
    public void FailByError(QueuedPod pod)
    {
        _pods[pod.Info.Key] = pod;
        pod.Failures++;
        pod.FailedByError = true;
        pod.BackOffUntil = time.GetUtcNow() + Backoff.Delay(pod.Failures - 1);
        BackOff(pod);
    }

    /// <summary>Something changed that could help a pod.</summary>
    public void Retry(QueuedPod pod)
    {
        if (pod.Place != QueuePlace.Unschedulable || pod.IsPreempting)
        {
            return;
        }

        if (pod.BackOffUntil <= time.GetUtcNow())
        {
            Activate(pod);
        }
        else
        {
            BackOff(pod);
        }
    }

    /// <summary>Activates what waited long enough, and tells when to look again; null if there is nothing to wait for.</summary>
    public TimeSpan? Advance()
    {
        var now = time.GetUtcNow();
        while (_backingOff.TryPeek(out var entry, out var order))
        {
            if (entry.Pod.Place != QueuePlace.BackingOff || entry.Pod.Ticket != entry.Ticket)
            {
                _backingOff.Dequeue();
            }
            else if (order.Until <= now)
            {
                _backingOff.Dequeue();
                Activate(entry.Pod);
            }
            else
            {
                break;
            }
        }

        if (_unschedulable.Count > 0 && now >= _nextSweep)
        {
            _nextSweep = now + SweepPeriod;
            foreach (var pod in _unschedulable.Where(p => now - p.UnschedulableSince >= UnschedulableMax).ToArray())
            {
                Activate(pod);
            }
        }

        var next = _unschedulable.Count > 0 ? _nextSweep - now : (TimeSpan?)null;
        if (_backingOff.TryPeek(out _, out var first) && (next is null || first.Until - now < next))
        {
            next = first.Until - now;
        }

        return next;
    }

    private void BackOff(QueuedPod pod)
    {
        Leave(pod);
        pod.Place = QueuePlace.BackingOff;
        pod.Ticket = ++_ticket;
        _backingOff.Enqueue((pod, pod.Ticket), (pod.BackOffUntil, pod.Ticket));
    }

    private void Leave(QueuedPod pod)
    {
        if (pod.Place == QueuePlace.Unschedulable)
        {
            _unschedulable.Remove(pod);
        }

        pod.Place = QueuePlace.None;
    }
}
