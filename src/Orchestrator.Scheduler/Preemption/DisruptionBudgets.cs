using Orchestrator.Api.Selectors;
using Orchestrator.Api;
using Orchestrator.Api.Policy.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Preemption;

/// <summary>The PodDisruptionBudgets, and which victims would break one.</summary>
internal sealed class DisruptionBudgets
{
    private readonly Dictionary<ObjectKey, (PodDisruptionBudget Budget, LabelMatcher Selector)> _budgets = [];

    public void Set(PodDisruptionBudget budget) => _budgets[budget.Key] = (budget, LabelMatcher.From(budget.Spec.Selector));

    public void Remove(ObjectKey key) => _budgets.Remove(key);

    /// <summary>Of victims in order of importance, those that would break a budget if all of them went.</summary>
    public HashSet<PodInfo> Violations(List<PodInfo> victims)
    {
        var violating = new HashSet<PodInfo>();
        if (_budgets.Count == 0)
        {
            return violating;
        }

        var left = new Dictionary<ObjectKey, int>();
        foreach (var victim in victims)
        {
            if (victim.Pod.Metadata.Labels.Count == 0)
            {
                continue;
            }

            foreach (var (key, (budget, selector)) in _budgets)
            {
                if (key.Namespace != victim.Key.Namespace
                    || selector.IsEverything
                    || !selector.Matches(victim.Pod.Metadata.Labels)
                    || budget.Status.DisruptedPods.ContainsKey(victim.Key.Name))
                {
                    continue;
                }

                var allowed = left.TryGetValue(key, out var known) ? known : budget.Status.DisruptionsAllowed;
                left[key] = --allowed;
                if (allowed < 0)
                {
                    violating.Add(victim);
                }
            }
        }

        return violating;
    }
}
