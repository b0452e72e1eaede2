namespace Orchestrator.Controllers.HorizontalAutoscaling;

/// <summary>What was recommended and done for one autoscaler of late. Lost with the process: then the present size counts as the recommendation.</summary>
internal sealed class ScalingHistory
{
    private static readonly TimeSpan EventsKept = TimeSpan.FromHours(1);
    private readonly List<(DateTimeOffset At, int Replicas)> _recommendations = [];
    private readonly List<(DateTimeOffset At, int Change)> _changes = [];

    /// <summary>What was recommended since a time.</summary>
    public IEnumerable<int> RecommendedSince(DateTimeOffset since) => _recommendations.Where(r => r.At > since).Select(static r => r.Replicas);

    /// <summary>The first look at a target: it keeps its size for the stabilization window.</summary>
    public void Begin(int replicas, DateTimeOffset now)
    {
        if (_recommendations.Count == 0)
        {
            _recommendations.Add((now, replicas));
        }
    }

    public void Recommend(int replicas, DateTimeOffset now, TimeSpan windowMax)
    {
        _recommendations.RemoveAll(r => r.At <= now - windowMax);
        _recommendations.Add((now, replicas));
    }

    public void Changed(int from, int to, DateTimeOffset now)
    {
        _changes.RemoveAll(c => c.At <= now - EventsKept);
        _changes.Add((now, to - from));
    }

    /// <summary>How many replicas were added, and removed, since a time.</summary>
    public (int Added, int Removed) ChangedSince(DateTimeOffset since)
    {
        var (added, removed) = (0, 0);
        foreach (var (at, change) in _changes)
        {
            if (at > since)
            {
                added += Math.Max(change, 0);
                removed += Math.Max(-change, 0);
            }
        }

        return (added, removed);
    }
}
