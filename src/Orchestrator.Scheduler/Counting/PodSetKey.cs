using Orchestrator.Scheduler.Matching;

namespace Orchestrator.Scheduler.Counting;

/// <summary>What defines a <see cref="PodSet"/>.</summary>
internal sealed class PodSetKey(PodMatcher[] matchers, bool skipsTerminating) : IEquatable<PodSetKey>
{
    public PodMatcher[] Matchers => matchers;

    public bool SkipsTerminating => skipsTerminating;

    public bool DependsOnNamespaces => Array.Exists(matchers, static m => m.DependsOnNamespaces);

    public bool Equals(PodSetKey? other) =>
        other is not null && skipsTerminating == other.SkipsTerminating && matchers.AsSpan().SequenceEqual(other.Matchers);

    public override bool Equals(object? obj) => Equals(obj as PodSetKey);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var matcher in matchers)
        {
            hash.Add(matcher);
        }

        hash.Add(skipsTerminating);
        return hash.ToHashCode();
    }
}
