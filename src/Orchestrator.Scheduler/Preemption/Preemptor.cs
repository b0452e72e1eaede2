using Orchestrator.Client;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Hosting;
using Orchestrator.Scheduler.Pods;
using Orchestrator.Scheduler.Queue;

namespace Orchestrator.Scheduler.Preemption;

/// <summary>Finds the node where the least harm makes room for a pod that fits nowhere.</summary>
/// <remarks>
/// A node is tried by taking its less important pods off and adding back, the most important first and those that a budget protects before
/// all others, whichever leave enough room. The counts are exact at every step, since pods are really taken off and put back.
/// </remarks>
internal sealed class Preemptor(ClusterState cluster, PodPlacer placer, DisruptionBudgets budgets, Random random)
{
    private const string NotHelpful = "Preemption is not helpful for scheduling";
    private const string NoVictims = "No preemption victims found for incoming pod";

    // Enough nodes to choose from; trying all of a large cluster would hold up the others (upstream's figures).
    private const int CandidatesPercent = 10;
    private const int CandidatesMin = 100;

    public PreemptionOutcome Find(QueuedPod queued, PodAttempt attempt, ReadOnlySpan<int> codes)
    {
        var pod = queued.Info;
        if (pod.Pod.Spec.PreemptionPolicy == "Never")
        {
            return new(null, "not eligible due to preemptionPolicy=Never.", ForgetNomination: false);
        }

        var nodes = cluster.Nodes;
        if (queued.NominatedNode is { } nominated && nodes.TryFind(nominated, out var room) && !placer.Verdicts[codes[room]].IsFinal && HasLeaving(pod, room))
        {
            return new(null, "not eligible due to a terminating pod on the nominated node.", ForgetNomination: false);
        }

        var wanted = Math.Max(nodes.PresentCount * CandidatesPercent / 100, CandidatesMin);
        var reasons = new Dictionary<string, int>();
        var harmless = new List<PreemptionCandidate>();
        var harmful = new List<PreemptionCandidate>();
        var start = random.Next(nodes.Count);
        var untried = 0;
        for (var i = 0; i < nodes.Count; i++)
        {
            var slot = (start + i) % nodes.Count;
            if (codes[slot] == Verdicts.Absent)
            {
                continue;
            }

            if (placer.Verdicts[codes[slot]].IsFinal)
            {
                untried++;
                continue;
            }

            if (harmless.Count > 0 && harmless.Count + harmful.Count >= wanted)
            {
                continue;
            }

            if (Try(attempt, pod, slot, out var refusal) is { } candidate)
            {
                (candidate.Violations == 0 ? harmless : harmful).Add(candidate);
            }
            else
            {
                foreach (var reason in refusal)
                {
                    reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                }
            }
        }

        var best = harmless.Concat(harmful).Aggregate(
            (PreemptionCandidate?)null, static (best, next) => best is null || PreemptionCandidate.Compare(next, best) < 0 ? next : best);
        if (best is not null)
        {
            return new(best, "", ForgetNomination: false);
        }

        if (untried > 0)
        {
            reasons[NotHelpful] = untried;
        }

        return new(null, FitMessage.Of(nodes.PresentCount, reasons), ForgetNomination: true);
    }

    /// <summary>Whether victims of an earlier preemption are still on their way out.</summary>
    private bool HasLeaving(PodInfo pod, int slot)
    {
        foreach (var other in cluster.Nodes.Pods[slot])
        {
            if (other.IsTerminating && other.Priority < pod.Priority && other.Pod.FindCondition("DisruptionTarget") is { Status: "True", Reason: "PreemptionByScheduler" })
            {
                return true;
            }
        }

        return false;
    }

    private PreemptionCandidate? Try(PodAttempt attempt, PodInfo pod, int slot, out string[] refusal)
    {
        var possible = cluster.Nodes.Pods[slot].Where(p => p.Priority < pod.Priority).ToList();
        refusal = [NoVictims];
        if (possible.Count == 0)
        {
            return null;
        }

        foreach (var victim in possible)
        {
            cluster.Displace(victim);
        }

        var victims = new List<PodInfo>();
        var violations = 0;
        var code = attempt.CheckFully(slot);
        if (code == Verdicts.Fits)
        {
            possible.Sort(ByImportance);
            var violating = budgets.Violations(possible);
            foreach (var victim in possible.Where(violating.Contains).Concat(possible.Where(p => !violating.Contains(p))))
            {
                cluster.Place(victim, slot);
                if (attempt.CheckFully(slot) != Verdicts.Fits)
                {
                    cluster.Displace(victim);
                    victims.Add(victim);
                    violations += violating.Contains(victim) ? 1 : 0;
                }
            }
        }

        foreach (var victim in possible)
        {
            if (victim.Node < 0)
            {
                cluster.Place(victim, slot);
            }
        }

        if (victims.Count == 0)
        {
            refusal = code == Verdicts.Fits ? [NoVictims] : placer.Verdicts[code].Reasons;
            return null;
        }

        victims.Sort(ByImportance);
        return new(slot, victims, violations);
    }

    /// <summary>Higher priority first, then the one that has run longer.</summary>
    private static int ByImportance(PodInfo a, PodInfo b)
    {
        var order = b.Priority.CompareTo(a.Priority);
        return order != 0 ? order : (a.Pod.Status.StartTime ?? DateTimeOffset.MaxValue).CompareTo(b.Pod.Status.StartTime ?? DateTimeOffset.MaxValue);
    }
}
