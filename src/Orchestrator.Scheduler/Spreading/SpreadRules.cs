using Orchestrator.Api.Core.V1;
using Orchestrator.Api.Selectors;
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
    private double[] _scores = [];

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
        var count = _cluster.Nodes.Count;
        var constraints = Required;
        Reset(constraints);
        for (var i = 0; i < constraints.Length; i++)
        {
            // Nodes that do not exist have no domain.
            var constraint = constraints[i];
            var domains = constraint.Column.Domains[..count];
            var perNode = constraint.Pods.PerNode[..count];
            var flags = evaluation.Flags.AsSpan(0, count);
            var sums = _sums[i].AsSpan();
            var needed = Needed(constraint);
            for (var slot = 0; slot < domains.Length; slot++)
            {
                var domain = domains[slot];
                if (domain >= 0 && (flags[slot] & needed) == needed && (constraints.Length == 1 || HasAllLabels(constraints, slot)))
                {
                    ref var sum = ref sums[domain];
                    sum = Math.Max(sum, 0) + perNode[slot];
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

    /// <summary>Refuses the nodes that would make the pods uneven.</summary>
    public void Filter(Span<int> codes, Verdicts verdicts)
    {
        for (var i = 0; i < Required.Length; i++)
        {
            var constraint = Required[i];
            var domains = constraint.Column.Domains[..codes.Length];
            var sums = _sums[i].AsSpan();
            var most = constraint.MaxSkew + _minima[i] - (constraint.MatchesSelf ? 1 : 0);
            for (var slot = 0; slot < codes.Length; slot++)
            {
                if (codes[slot] == Verdicts.Fits)
                {
                    var domain = domains[slot];
                    codes[slot] = domain < 0 ? verdicts.SpreadLabel : Math.Max(sums[domain], 0) > most ? verdicts.Spread : Verdicts.Fits;
                }
            }
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
        var constraints = Preferred;
        var count = codes.Length;
        raw = raw[..count];
        Reset(constraints);

        // 1. The domains that there are to choose from, and how many; the more, the more a difference counts. Nodes without one of the labels are
        // left out (-1), unless the constraints are the system's.
        for (var slot = 0; slot < count; slot++)
        {
            raw[slot] = codes[slot] == Verdicts.Fits ? 0 : -1;
        }

        for (var i = 0; _hasOwn && i < constraints.Length; i++)
        {
            var domains = constraints[i].Column.Domains[..count];
            for (var slot = 0; slot < count; slot++)
            {
                // Domains are -1 without the label, and all bits of -1 are set.
                raw[slot] |= domains[slot] >> 31;
            }
        }

        var candidates = raw.Count(0);
        for (var i = 0; i < constraints.Length; i++)
        {
            var size = candidates;
            if (!constraints[i].IsHostName)
            {
                size = 0;
                var domains = constraints[i].Column.Domains[..count];
                var sums = _sums[i].AsSpan();
                for (var slot = 0; slot < count; slot++)
                {
                    if (raw[slot] == 0 && domains[slot] is var domain and >= 0 && sums[domain] < 0)
                    {
                        sums[domain] = 0;
                        size++;
                    }
                }
            }

            _weights[i] = Math.Log(size + 2);
        }

        // 2. The pods in those domains, on whatever nodes count.
        for (var i = 0; i < constraints.Length; i++)
        {
            var constraint = constraints[i];
            if (constraint.IsHostName)
            {
                continue;
            }

            var domains = constraint.Column.Domains[..codes.Length];
            var perNode = constraint.Pods.PerNode[..codes.Length];
            var flags = evaluation.Flags.AsSpan(0, codes.Length);
            var sums = _sums[i].AsSpan();
            var needed = Needed(constraint);
            for (var slot = 0; slot < perNode.Length; slot++)
            {
                if (perNode[slot] != 0 && domains[slot] is var domain and >= 0 && sums[domain] >= 0
                    && (flags[slot] & needed) == needed && (!_hasOwn || constraints.Length == 1 || HasAllLabels(constraints, slot)))
                {
                    sums[domain] += perNode[slot];
                }
            }
        }

        // 3. The raw score: fewer is better.
        if (_scores.Length < count)
        {
            _scores = new double[_cluster.Nodes.Capacity];
        }

        var scores = _scores.AsSpan(0, count);
        scores.Clear();
        for (var i = 0; i < constraints.Length; i++)
        {
            var constraint = constraints[i];
            var domains = constraint.Column.Domains[..count];
            var perNode = constraint.Pods.PerNode[..count];
            var sums = _sums[i].AsSpan();
            var factor = _weights[i];
            var allowance = constraint.MaxSkew - 1;
            if (constraint.IsHostName)
            {
                for (var slot = 0; slot < count; slot++)
                {
                    if (domains[slot] >= 0)
                    {
                        scores[slot] += (perNode[slot] * factor) + allowance;
                    }
                }
            }
            else
            {
                for (var slot = 0; slot < count; slot++)
                {
                    if (domains[slot] is var domain and >= 0)
                    {
                        scores[slot] += (sums[domain] * factor) + allowance;
                    }
                }
            }
        }

        int min = int.MaxValue, max = 0;
        for (var slot = 0; slot < count; slot++)
        {
            if (raw[slot] == 0)
            {
                var rounded = (int)(scores[slot] + 0.5);
                raw[slot] = rounded;
                min = Math.Min(min, rounded);
                max = Math.Max(max, rounded);
            }
        }

        // 4. From 0 to 100, the fewest pods best.
        for (var slot = 0; slot < count; slot++)
        {
            if (raw[slot] >= 0)
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

    private static NodeFlags Needed(SpreadConstraint constraint) =>
        (constraint.HonorsAffinity ? NodeFlags.MatchesAffinity : NodeFlags.None) | (constraint.HonorsTaints ? NodeFlags.TaintsTolerated : NodeFlags.None);

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
                additional.Add(new(key, SelectorOperator.In, [value]));
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
