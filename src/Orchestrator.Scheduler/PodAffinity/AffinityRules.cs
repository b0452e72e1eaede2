using Orchestrator.Api.Core.V1;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Counting;
using Orchestrator.Scheduler.Evaluation;
using Orchestrator.Scheduler.Matching;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.PodAffinity;

/// <summary>A shape's affinity to pods, in both directions: what it asks of running pods, and what running pods ask of it.</summary>
/// <remarks>All counts are running totals by domain, so a node is checked in time proportional to the number of terms.</remarks>
internal sealed class AffinityRules : IDisposable
{
    private readonly PodShape _shape;
    private readonly ClusterState _cluster;
    private readonly List<PodSet> _sets = [];
    private readonly AffinityTerm[] _near;
    private readonly AffinityTerm[] _apart;
    private readonly AffinityTerm[] _preferred;
    private readonly bool _matchesOwnTerms;
    private readonly List<TermGroup> _barriers = [];
    private readonly List<TermGroup> _wishes = [];
    private long _termsVersion = -1;
    private long _namespacesVersion = -1;

    public AffinityRules(PodShape shape, ClusterState cluster)
    {
        (_shape, _cluster) = (shape, cluster);
        var affinity = shape.Sample.Spec.Affinity?.PodAffinity;
        var anti = shape.Sample.Spec.Affinity?.PodAntiAffinity;

        // A pod is only near if it matches all required terms at once.
        var required = affinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [];
        var matchers = required.Select(Matcher).ToArray();
        _near = [.. required.Select(term => new AffinityTerm(Matcher(term), 0, Count(term.TopologyKey, matchers)))];
        _matchesOwnTerms = Array.TrueForAll(matchers, m => m.Matches(shape.Key.Namespace, shape.Key.Labels, cluster.Namespaces));

        _apart = [.. (anti?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Select(term => Term(term, 0))];
        _preferred =
        [
            .. (affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(term => Term(term.PodAffinityTerm, term.Weight)),
            .. (anti?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(term => Term(term.PodAffinityTerm, -term.Weight)),
        ];
    }

    /// <summary>Whether any node may be refused. Finds the running pods' terms that are about this shape, if there are new ones.</summary>
    public bool PrepareFilter()
    {
        FindTerms();
        return _near.Length > 0 || _apart.Length > 0 || HasBarriers();
    }

    /// <summary>Refuses the nodes that are not near what the pods must be near to, or near what they must not be.</summary>
    public void Filter(Span<int> codes, Verdicts verdicts)
    {
        var isFirst = IsFirst();
        foreach (var term in _near)
        {
            var domains = term.Count.Column.Domains[..codes.Length];
            var perDomain = term.Count.PerDomain;
            for (var slot = 0; slot < codes.Length; slot++)
            {
                var domain = domains[slot];
                if (codes[slot] == Verdicts.Fits && (domain < 0 || (perDomain[domain] == 0 && !isFirst)))
                {
                    codes[slot] = verdicts.PodAffinity;
                }
            }
        }

        foreach (var term in _apart)
        {
            Refuse(term.Count, codes, verdicts.PodAntiAffinity);
        }

        foreach (var barrier in _barriers)
        {
            Refuse(barrier.Around, codes, verdicts.ExistingAntiAffinity);
        }
    }

    public int Check(int slot, Verdicts verdicts)
    {
        if (_near.Length > 0 && !IsNear(slot))
        {
            return verdicts.PodAffinity;
        }

        foreach (var term in _apart)
        {
            if (term.Count.Around(slot) > 0)
            {
                return verdicts.PodAntiAffinity;
            }
        }

        foreach (var barrier in _barriers)
        {
            if (barrier.Around.Around(slot) > 0)
            {
                return verdicts.ExistingAntiAffinity;
            }
        }

        return Verdicts.Fits;
    }

    /// <summary>Adds the weighted score of both sides' preferences to the nodes that fit.</summary>
    public void AddScores(ReadOnlySpan<int> codes, Span<int> totals, Span<int> raw, int weight)
    {
        FindTerms();
        var relevant = _preferred.Length > 0;
        foreach (var wish in _wishes)
        {
            relevant |= wish.Total > 0;
        }

        if (!relevant)
        {
            return;
        }

        raw = raw[..codes.Length];
        raw.Clear();
        foreach (var term in _preferred)
        {
            AddAround(term.Count, term.Weight, raw);
        }

        foreach (var wish in _wishes)
        {
            AddAround(wish.Around, wish.Key.Weight, raw);
        }

        int min = int.MaxValue, max = int.MinValue;
        for (var slot = 0; slot < codes.Length; slot++)
        {
            if (codes[slot] == Verdicts.Fits)
            {
                min = Math.Min(min, raw[slot]);
                max = Math.Max(max, raw[slot]);
            }
        }

        var range = (double)max - min;
        if (range <= 0)
        {
            return;
        }

        for (var slot = 0; slot < codes.Length; slot++)
        {
            if (codes[slot] == Verdicts.Fits)
            {
                totals[slot] += weight * (int)(ResourceScore.Max * ((raw[slot] - min) / range));
            }
        }
    }

    public bool IsAbout(PodInfo pod)
    {
        foreach (var set in _sets)
        {
            if (pod.Shape.Sets.Contains(set))
            {
                return true;
            }
        }

        foreach (var term in pod.Shape.OwnTerms)
        {
            if (_barriers.Contains(term))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        foreach (var set in _sets)
        {
            ClusterState.Release(set);
        }
    }

    private static void Refuse(TopologyCount count, Span<int> codes, int code)
    {
        if (count.Total == 0)
        {
            return;
        }

        var domains = count.Column.Domains[..codes.Length];
        var perDomain = count.PerDomain;
        for (var slot = 0; slot < codes.Length; slot++)
        {
            if (codes[slot] == Verdicts.Fits && domains[slot] is var domain and >= 0 && perDomain[domain] > 0)
            {
                codes[slot] = code;
            }
        }
    }

    private static void AddAround(TopologyCount count, int weight, Span<int> raw)
    {
        if (count.Total == 0)
        {
            return;
        }

        var domains = count.Column.Domains[..raw.Length];
        var perDomain = count.PerDomain;
        for (var slot = 0; slot < raw.Length; slot++)
        {
            if (domains[slot] is var domain and >= 0)
            {
                raw[slot] += weight * perDomain[domain];
            }
        }
    }

    private bool IsNear(int slot)
    {
        var isFirst = IsFirst();
        foreach (var term in _near)
        {
            if (term.Count.Column.DomainOf(slot) < 0 || (term.Count.Around(slot) == 0 && !isFirst))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first of a group that wants to be near itself may go anywhere.</summary>
    private bool IsFirst() => _matchesOwnTerms && Array.TrueForAll(_near, static t => t.Count.Total == 0);

    private bool HasBarriers()
    {
        foreach (var barrier in _barriers)
        {
            if (barrier.Total > 0)
            {
                return true;
            }
        }

        return false;
    }

    private void FindTerms()
    {
        if (_termsVersion == _cluster.TermsVersion && _namespacesVersion == _cluster.Namespaces.Version)
        {
            return;
        }

        (_termsVersion, _namespacesVersion) = (_cluster.TermsVersion, _cluster.Namespaces.Version);
        _barriers.Clear();
        _wishes.Clear();
        foreach (var group in _cluster.Terms)
        {
            if (group.Key.Matcher.Matches(_shape.Key.Namespace, _shape.Key.Labels, _cluster.Namespaces))
            {
                (group.Key.IsBarrier ? _barriers : _wishes).Add(group);
            }
        }
    }

    private PodMatcher Matcher(PodAffinityTerm term) => PodMatcher.Of(term, _shape.Key.Namespace);

    private AffinityTerm Term(PodAffinityTerm term, int weight) => new(Matcher(term), weight, Count(term.TopologyKey, [Matcher(term)]));

    private TopologyCount Count(string topologyKey, PodMatcher[] matchers)
    {
        var set = _cluster.Set(new(matchers, skipsTerminating: false));
        _sets.Add(set);
        return set.By(_cluster.Nodes.Topology(topologyKey));
    }
}
