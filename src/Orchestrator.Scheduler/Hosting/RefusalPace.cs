using System.Diagnostics.CodeAnalysis;
using Orchestrator.Scheduler.Queue;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>
/// How fast it is told that pods found no node. Each such news is an Event and a patch, and thousands of pods without a node must not crowd out everybody else's
/// requests. Upstream's scheduler sends 50 requests a second after a burst of 100 (<c>clientConnection</c> of KubeSchedulerConfiguration). Used by one thread at a time.
/// </summary>
internal sealed class RefusalPace(TimeProvider time)
{
    /// <summary>What is told at once after a time of silence.</summary>
    public const int Burst = 200;

    private const int PerSecond = 100;

    // What waits is told in lots: waking up for each one would cost more than telling it.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<QueuedPod, Refusal> _kept = [];
    private readonly Queue<QueuedPod> _order = [];
    private double _tokens = Burst;
    private long _filledAt = time.GetTimestamp();
    private long _nextLotAt;

    /// <summary>What is told of a pod (see <see cref="ISchedulerOutput.Refused"/>).</summary>
    internal readonly record struct Refusal(string Reason, string Message, string? NominatedNode);

    /// <summary>How long until <see cref="TryNext"/> may have something; null if nothing waits.</summary>
    public TimeSpan? Wait
    {
        get
        {
            if (_order.Count == 0)
            {
                return null;
            }

            var wait = TimeSpan.FromSeconds((_nextLotAt - time.GetTimestamp()) / (double)time.TimestampFrequency);
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    /// <summary>True if the news may go out now; otherwise it is kept, in the place of an older one of that pod.</summary>
    public bool MayTell(QueuedPod pod, Refusal refusal)
    {
        if (_kept.Count == 0 && TryTake())
        {
            return true;
        }

        if (_kept.Count == 0)
        {
            StartPause();
        }

        if (!_kept.ContainsKey(pod))
        {
            _order.Enqueue(pod);
        }

        _kept[pod] = refusal;
        return false;
    }

    /// <summary>The next kept news whose time has come. Those of pods that are no longer without a node are forgotten: other news of them follows.</summary>
    public bool TryNext([NotNullWhen(true)] out QueuedPod? pod, out Refusal refusal)
    {
        if (_order.Count > 0 && Wait == TimeSpan.Zero)
        {
            while (_order.TryPeek(out pod))
            {
                var hasNoNode = pod.Place is QueuePlace.Unschedulable or QueuePlace.BackingOff;
                if (hasNoNode && !TryTake())
                {
                    StartPause();
                    break;
                }

                _order.Dequeue();
                _kept.Remove(pod, out refusal);
                if (hasNoNode)
                {
                    return true;
                }
            }
        }

        (pod, refusal) = (null, default);
        return false;
    }

    private void StartPause() => _nextLotAt = time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency);

    private bool TryTake()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(Burst, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * PerSecond));
        _filledAt = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
