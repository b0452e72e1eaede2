using Orchestrator.Api;
using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Counting;

/// <summary>The pods on nodes that match all of some matchers, counted.</summary>
internal sealed class PodSet(PodSetKey key, int capacity) : NodeCounter(capacity)
{
    public PodSetKey Key => key;

    /// <summary>Spreading does not count pods that are about to end, affinity does.</summary>
    public bool SkipsTerminating => key.SkipsTerminating;

    public bool Matches(string ns, ApiMap<string> labels, NamespaceLabels namespaces)
    {
        foreach (var matcher in key.Matchers)
        {
            if (!matcher.Matches(ns, labels, namespaces))
            {
                return false;
            }
        }

        return true;
    }
}
