using Orchestrator.Scheduler.Counting;
using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Pods;

/// <summary>A term of a pod's own affinity or anti-affinity, with the running count of the pods that it is about.</summary>
/// <param name="Matcher">Which pods.</param>
/// <param name="Weight">For preferences: negative for anti-affinity. 0 for requirements.</param>
/// <param name="Count">The pods that match, by domain.</param>
internal sealed record AffinityTerm(PodMatcher Matcher, int Weight, TopologyCount Count);
