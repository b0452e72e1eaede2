using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Preemption;

/// <summary>A node and the pods that would have to go.</summary>
/// <param name="Slot">The node.</param>
/// <param name="Victims">Most important first.</param>
/// <param name="Violations">How many of them a disruption budget protects.</param>
internal sealed record PreemptionCandidate(int Slot, List<PodInfo> Victims, int Violations)
{
    /// <summary>
    /// Which of two hurts less: fewer broken budgets, then the less important most important victim, the smaller sum of priorities, fewer
    /// victims, and the later start of the most important ones. Below 0 if the first does.
    /// </summary>
    public static int Compare(PreemptionCandidate a, PreemptionCandidate b)
    {
        var order = a.Violations.CompareTo(b.Violations);
        if (order == 0)
        {
            order = a.Victims[0].Priority.CompareTo(b.Victims[0].Priority);
        }

        if (order == 0)
        {
            order = SumOfPriorities(a).CompareTo(SumOfPriorities(b));
        }

        if (order == 0)
        {
            order = a.Victims.Count.CompareTo(b.Victims.Count);
        }

        return order != 0 ? order : EarliestStart(b).CompareTo(EarliestStart(a));
    }

    // Shifted, so that many victims of negative priority do not look better than few.
    private static long SumOfPriorities(PreemptionCandidate candidate) => candidate.Victims.Sum(static v => (long)v.Priority + int.MaxValue + 1);

    private static DateTimeOffset EarliestStart(PreemptionCandidate candidate)
    {
        var most = candidate.Victims[0].Priority;
        return candidate.Victims.Where(v => v.Priority == most).Min(static v => v.Pod.Status.StartTime ?? DateTimeOffset.MaxValue);
    }
}
