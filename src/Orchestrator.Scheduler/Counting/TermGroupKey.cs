using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Counting;

/// <summary>What defines a <see cref="TermGroup"/>.</summary>
/// <param name="IsBarrier">A required anti-affinity: it keeps matching pods away. Else the term only adds to the score.</param>
/// <param name="Weight">What it adds to the score per pod; negative for anti-affinity, 0 for a barrier.</param>
/// <param name="TopologyKey">Around what.</param>
/// <param name="Matcher">About which newcomers.</param>
internal sealed record TermGroupKey(bool IsBarrier, int Weight, string TopologyKey, PodMatcher Matcher);
