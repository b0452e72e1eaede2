using Orchestrator.Api.Core.V1;
using Orchestrator.Client;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Counting;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Spreading;

/// <summary>A shape's topology spread constraints: its own, or the system's defaults for pods of a Service, ReplicaSet and the like.</summary>
internal sealed class SpreadRules : IDisposable
{
    private static readonly (string Key, int MaxSkew)[] Defaults = [(SpreadConstraint.HostName, 3), ("topology.kubernetes.io/zone", 5)];

    private readonly PodShape _shape;
    private readonly ClusterState _cluster;
    private readonly bool _hasOwn;
    private string? _defaultSelector;

    // Scratch of one pass: per constraint the count of each domain, -1 for those that no node is in.
    private int[][] _sums = [];
    private int[] _minima = [];
    private double[] _weights = [];

    public SpreadRules(PodShape shape, ClusterState cluster)
    {
        (_shape, _cluster) = (shape, cluster);
        var constraints = shape.Sample.Spec.TopologySpreadConstraints;
        _hasOwn = constraints.Count > 0;
        Required = [.. constraints.Where(static c => c.WhenUnsatisfiable == "DoNotSchedule").Select(Make)];
        Preferred = [.. constraints.Where(static c => c.WhenUnsatisfiable == "ScheduleAnyway").Select(Make)];
    }

    /// <summary>Those that must hold.</summary>
    public SpreadConstraint[] Required { get; }

    /// <summary>Those that only count in the score.</summary>
    public SpreadConstraint[] Preferred { get; private set; }

    /// <summary>Sets the selector of the workload that the pods belong to, for the default constraints; null if there is none.</summary>
    public void UseDefaults(LabelMatcher? selector)
    {
        var text = selector?.ToString();
        if (_hasOwn || text == _defaultSelector)
        {
            return;
        }

        _defaultSelector = text;
        var old = Preferred;
        Preferred = selector is null ? [] : [.. Defaults.Select(d => MakeDefault(d.Key, d.MaxSkew, selector))];
        ReleaseAll(old);
    }

    /// <summary>Works out the counts of all domains, before <see cref="Check"/>.</summary>
    public void PrepareFilter(NodeEvaluation evaluation)
    {
        var nodes = _cluster.Nodes;
        var constraints = Required;
        Reset(constraints);
        for (var slot = 0; slot < nodes.Count; slot++)
        {
            if (!nodes.IsPresent(slot) || !HasAllLabels(constraints, slot))
            {
                continue;
            }

            for (var i = 0; i < constraints.Length; i++)
            {
                if (Counts(constraints[i], evaluation.Flags[slot]))
                {
                    ref var sum = ref _sums[i][constraints[i].Column.DomainOf(slot)];
                    sum = Math.Max(sum, 0) + constraints[i].Pods.PerNode[slot];
                }
            }
        }

        for (var i = 0; i < constraints.Length; i++)
        {
            var domains = 0;
            var min = int.MaxValue;
            foreach (var sum in _sums[i].AsSpan(0, constraints[i].Column.DomainCount))
            {
                if (sum >= 0)
                {
                    domains++;
                    min = Math.Min(min, sum);
                }
            }

            _minima[i] = domains < constraints[i].MinDomains ? 0 : min;
        }
    }

    public int Check(int slot, Verdicts verdicts)
    {
        for (var i = 0; i < Required.Length; i++)
        {
            var constraint = Required[i];
            var domain = constraint.Column.DomainOf(slot);
            if (domain < 0)
            {
                return verdicts.SpreadLabel;
            }

            var skew = Math.Max(_sums[i][domain], 0) + (constraint.MatchesSelf ? 1 : 0) - _minima[i];
            if (skew > constraint.MaxSkew)
            {
                return verdicts.Spread;
            }
        }

        return Verdicts.Fits;
    }

    /// <summary>Adds the weighted score of the preferred constraints to the nodes that fit.</summary>
    public void AddScores(NodeEvaluation evaluation, ReadOnlySpan<int> codes, Span<int> totals, Span<int> raw, int weight)
    {
        var nodes = _cluster.Nodes;
        var constraints = Preferred;
        Reset(constraints);

        // 1. The domains that there are to choose from, and how many; the more, the more a difference counts.
        var candidates = 0;
        Span<int> sizes = stackalloc int[constraints.Length];
        for (var slot = 0; slot < nodes.Count; slot++)
        {
            if (codes[slot] != Verdicts.Fits || (_hasOwn && !HasAllLabels(constraints, slot)))
            {
                continue;
            }

            candidates++;
            for (var i = 0; i < constraints.Length; i++)
            {
                if (!constraints[i].IsHostName && constraints[i].Column.DomainOf(slot) is var domain and >= 0 && _sums[i][domain] < 0)
                {
                    _sums[i][domain] = 0;
                    sizes[i]++;
                }
            }
        }

        for (var i = 0; i < constraints.Length; i++)
        {
            _weights[i] = Math.Log((constraints[i].IsHostName ? candidates : sizes[i]) + 2);
        }

        // 2. The pods in those domains, on whatever nodes count.
        for (var i = 0; i < constraints.Length; i++)
        {
            var constraint = constraints[i];
            if (constraint.IsHostName)
            {
                continue;
            }

            var perNode = constraint.Pods.PerNode;
            var sums = _sums[i];
            for (var slot = 0; slot < nodes.Count; slot++)
            {
                if (perNode[slot] != 0 && constraint.Column.DomainOf(slot) is var domain and >= 0 && sums[domain] >= 0
                    && Counts(constraint, evaluation.Flags[slot]) && (!_hasOwn || HasAllLabels(constraints, slot)))
                {
                    sums[domain] += perNode[slot];
                }
            }
        }

        // 3. The raw score: fewer is better.
        int min = int.MaxValue, max = 0;
        for (var slot = 0; slot < nodes.Count; slot++)
        {
            if (codes[slot] != Verdicts.Fits)
            {
                continue;
            }

            if (_hasOwn && !HasAllLabels(constraints, slot))
            {
                raw[slot] = -1;
                continue;
            }

            var score = 0d;
            for (var i = 0; i < constraints.Length; i++)
            {
                var constraint = constraints[i];
                if (constraint.Column.DomainOf(slot) is var domain and >= 0)
                {
                    var count = constraint.IsHostName ? constraint.Pods.PerNode[slot] : _sums[i][domain];
                    score += (count * _weights[i]) + (constraint.MaxSkew - 1);
                }
            }

            var rounded = (int)Math.Round(score, MidpointRounding.AwayFromZero);
            raw[slot] = rounded;
            min = Math.Min(min, rounded);
            max = Math.Max(max, rounded);
        }

        // 4. From 0 to 100, the fewest pods best.
        for (var slot = 0; slot < nodes.Count; slot++)
        {
            if (codes[slot] == Verdicts.Fits && raw[slot] >= 0)
            {
                totals[slot] += weight * (max == 0 ? ResourceScore.Max : (int)((long)ResourceScore.Max * (max + min - raw[slot]) / max));
            }
        }
    }

    public bool IsAbout(PodInfo pod)
    {
        foreach (var constraint in Required)
        {
            if (pod.Shape.Sets.Contains(constraint.Pods))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        ReleaseAll(Required);
        ReleaseAll(Preferred);
    }

    private static bool Counts(SpreadConstraint constraint, NodeFlags flags) =>
        (!constraint.HonorsAffinity || (flags & NodeFlags.MatchesAffinity) != 0) && (!constraint.HonorsTaints || (flags & NodeFlags.TaintsTolerated) != 0);

    private static bool HasAllLabels(SpreadConstraint[] constraints, int slot)
    {
        foreach (var constraint in constraints)
        {
            if (constraint.Column.DomainOf(slot) < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void ReleaseAll(SpreadConstraint[] constraints)
    {
        foreach (var constraint in constraints)
        {
            ClusterState.Release(constraint.Pods);
        }
    }

    private void Reset(SpreadConstraint[] constraints)
    {
        if (_sums.Length < constraints.Length)
        {
            Array.Resize(ref _sums, constraints.Length);
            Array.Resize(ref _minima, constraints.Length);
            Array.Resize(ref _weights, constraints.Length);
        }

        for (var i = 0; i < constraints.Length; i++)
        {
            var domains = constraints[i].Column.DomainCount;
            if ((_sums[i]?.Length ?? -1) < domains)
            {
                _sums[i] = new int[Math.Max(domains, 8) * 2];
            }

            _sums[i].AsSpan(0, domains).Fill(-1);
        }
    }

    private SpreadConstraint Make(TopologySpreadConstraint source)
    {
        var labels = _shape.Key.Labels;
        var additional = new List<LabelRequirement>();
        foreach (var key in source.MatchLabelKeys)
        {
            if (labels.TryGetValue(key, out var value))
            {
                additional.Add(new(key, LabelOperator.In, [value]));
            }
        }

        var matcher = PodMatcher.Of(_shape.Key.Namespace, source.LabelSelector, additional);
        return new()
        {
            Column = _cluster.Nodes.Topology(source.TopologyKey),
            Pods = _cluster.Set(new([matcher], skipsTerminating: true)),
            MaxSkew = source.MaxSkew,
            MinDomains = source.MinDomains ?? 1,
            HonorsAffinity = source.NodeAffinityPolicy != "Ignore",
            HonorsTaints = source.NodeTaintsPolicy == "Honor",
            MatchesSelf = matcher.Matches(_shape.Key.Namespace, labels, _cluster.Namespaces),
        };
    }

    private SpreadConstraint MakeDefault(string key, int maxSkew, LabelMatcher selector) => new()
    {
        Column = _cluster.Nodes.Topology(key),
        Pods = _cluster.Set(new([PodMatcher.InNamespace(_shape.Key.Namespace, selector)], skipsTerminating: true)),
        MaxSkew = maxSkew,
        MatchesSelf = true,
    };
}
