using System.Numerics;
using System.Runtime.InteropServices;
using Orchestrator.Scheduler.Cluster;
using Orchestrator.Scheduler.Pods;

namespace Orchestrator.Scheduler.Evaluation;

/// <summary>Chooses the node of a pod: asks every plugin about every node, adds up the scores, and takes one of the best.</summary>
internal sealed class PodPlacer(ClusterState cluster, WorkloadSelectors workloads, Random random)
{
    // Columns that are kept; at 5,000 nodes each set costs some 100 KB.
    private const int ColumnsKept = 64;

    // Shapes whose rules are kept ready; a StatefulSet has one per pod.
    private const int EvaluationsKept = 1024;

    private const int TaintWeight = 3;
    private const int NodeAffinityWeight = 2;
    private const int SpreadWeight = 2;
    private const int PodAffinityWeight = 2;

    private readonly Queue<PodShape> _recent = new();
    private readonly Dictionary<NodeNeeds, NodeEvaluation> _columns = [];
    private readonly Queue<NodeNeeds> _columnsInOrder = new();
    private int[] _codes = [];
    private int[] _totals = [];
    private int[] _raw = [];

    public Verdicts Verdicts { get; } = new();

    /// <summary>The verdict per slot after <see cref="Choose"/> found no node.</summary>
    public ReadOnlySpan<int> Codes => _codes.AsSpan(0, cluster.Nodes.Count);

    /// <summary>The slot of the best node; -1 if none fits.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="constraints">What else it asks for.</param>
    /// <param name="nominated">The slot of the node where room was made for it, which it takes if it can; -1 if there is none.</param>
    public int Choose(PodInfo pod, IPodConstraints? constraints, int nominated)
    {
        var evaluation = Prepare(pod.Shape);
        var columns = evaluation.Nodes;
        var count = cluster.Nodes.Count;

        // 1. What depends on nodes alone is known already; what belongs to this very pod (volumes, nominations) or to the whole cluster comes on top.
        columns.Codes.AsSpan(0, count).CopyTo(_codes);
        var codes = _codes.AsSpan(0, count);
        if (constraints is not null)
        {
            for (var slot = 0; slot < count; slot++)
            {
                if (codes[slot] == Verdicts.Fits)
                {
                    codes[slot] = constraints.Check(slot, Verdicts);
                }
            }
        }

        if (evaluation.Spread.Required.Length > 0)
        {
            evaluation.Spread.PrepareFilter(evaluation.Nodes);
            evaluation.Spread.Filter(codes, Verdicts);
        }

        if (evaluation.Affinity.PrepareFilter())
        {
            evaluation.Affinity.Filter(codes, Verdicts);
        }

        constraints?.Review(codes, Verdicts);
        if (nominated >= 0 && codes[nominated] == Verdicts.Fits)
        {
            return nominated;
        }

        // 2. Scores of those that fit; -1 for the others.
        var totals = _totals.AsSpan(0, count);
        columns.Scores.AsSpan(0, count).CopyTo(totals);
        MaskUnfit(codes, totals);
        if (columns.TaintedNodes > 0)
        {
            AddNormalized(codes, columns.Taints, totals, -TaintWeight);
        }

        if (columns.HasPreferences)
        {
            AddNormalized(codes, columns.Preferences, totals, NodeAffinityWeight);
        }

        if (evaluation.Spread.Preferred.Length > 0)
        {
            evaluation.Spread.AddScores(columns, codes, totals, _raw, SpreadWeight);
        }

        evaluation.Affinity.AddScores(codes, totals, _raw, PodAffinityWeight);

        // 3. One of the best.
        return Pick(totals);
    }

    /// <summary>Whether a node takes a pod as things are right now.</summary>
    public int Check(PodInfo pod, int slot, IPodConstraints? constraints)
    {
        var evaluation = pod.Shape.Evaluation ?? Prepare(pod.Shape);
        var code = evaluation.Nodes.Check(slot);
        if (code == Verdicts.Fits && constraints is not null)
        {
            code = constraints.Check(slot, Verdicts);
        }

        if (code == Verdicts.Fits && evaluation.Spread.Required.Length > 0)
        {
            evaluation.Spread.PrepareFilter(evaluation.Nodes);
            code = evaluation.Spread.Check(slot, Verdicts);
        }

        if (code == Verdicts.Fits && evaluation.Affinity.PrepareFilter())
        {
            code = evaluation.Affinity.Check(slot, Verdicts);
        }

        return code;
    }

    /// <summary>The columns of a shape, up to date.</summary>
    public ShapeEvaluation Prepare(PodShape shape)
    {
        var capacity = cluster.Nodes.Capacity;
        if (_codes.Length < capacity)
        {
            (_codes, _totals, _raw) = (new int[capacity], new int[capacity], new int[capacity]);
        }

        if (shape.Evaluation is not { } evaluation)
        {
            shape.Evaluation = evaluation = new(shape, cluster, Columns(shape));
            evaluation.Spread.UseDefaults(workloads.SelectorOf(shape.Sample));
            evaluation.WorkloadsVersion = workloads.Version;
            Remember(shape);
        }
        else if (evaluation.WorkloadsVersion != workloads.Version)
        {
            evaluation.WorkloadsVersion = workloads.Version;
            evaluation.Spread.UseDefaults(workloads.SelectorOf(shape.Sample));
        }

        evaluation.Nodes.Sync();
        return evaluation;
    }

    private void Remember(PodShape shape)
    {
        _recent.Enqueue(shape);
        while (_recent.Count > EvaluationsKept)
        {
            var oldest = _recent.Dequeue();
            oldest.Evaluation?.Dispose();
            oldest.Evaluation = null;
        }
    }

    private NodeEvaluation Columns(PodShape shape)
    {
        var needs = new NodeNeeds(shape.Key);
        if (!_columns.TryGetValue(needs, out var columns))
        {
            _columns[needs] = columns = new(shape, cluster, Verdicts);
            _columnsInOrder.Enqueue(needs);
            if (_columnsInOrder.Count > ColumnsKept)
            {
                _columns.Remove(_columnsInOrder.Dequeue());
            }
        }

        return columns;
    }

    private static void MaskUnfit(ReadOnlySpan<int> codes, Span<int> totals)
    {
        var vectorCodes = MemoryMarshal.Cast<int, Vector<int>>(codes);
        var vectorTotals = MemoryMarshal.Cast<int, Vector<int>>(totals);
        for (var i = 0; i < vectorCodes.Length; i++)
        {
            var fits = Vector.Equals(vectorCodes[i], Vector<int>.Zero);
            vectorTotals[i] = Vector.ConditionalSelect(fits, vectorTotals[i], Vector.Create(int.MinValue));
        }

        for (var slot = vectorCodes.Length * Vector<int>.Count; slot < codes.Length; slot++)
        {
            totals[slot] = codes[slot] == Verdicts.Fits ? totals[slot] : int.MinValue;
        }
    }

    /// <summary>Adds weight × 0..100 in proportion to the largest value among the nodes that fit. A negative weight takes away, which ranks the same as adding the reverse.</summary>
    private static void AddNormalized(ReadOnlySpan<int> codes, ReadOnlySpan<int> values, Span<int> totals, int weight)
    {
        var max = 0;
        for (var slot = 0; slot < codes.Length; slot++)
        {
            if (codes[slot] == Verdicts.Fits)
            {
                max = Math.Max(max, values[slot]);
            }
        }

        if (max == 0)
        {
            return;
        }

        for (var slot = 0; slot < codes.Length; slot++)
        {
            if (codes[slot] == Verdicts.Fits)
            {
                totals[slot] += weight * (int)((long)ResourceScore.Max * values[slot] / max);
            }
        }
    }

    private int Pick(ReadOnlySpan<int> totals)
    {
        var best = int.MinValue;
        var vectors = MemoryMarshal.Cast<int, Vector<int>>(totals);
        var bests = Vector.Create(int.MinValue);
        foreach (var vector in vectors)
        {
            bests = Vector.Max(bests, vector);
        }

        for (var i = 0; i < Vector<int>.Count; i++)
        {
            best = Math.Max(best, bests[i]);
        }

        foreach (var total in totals[(vectors.Length * Vector<int>.Count)..])
        {
            best = Math.Max(best, total);
        }

        if (best == int.MinValue)
        {
            return -1;
        }

        // All equally good nodes are equally likely.
        var equals = totals.Count(best);
        var skip = equals == 1 ? 0 : random.Next(equals);
        var chosen = totals.IndexOf(best);
        while (skip > 0)
        {
            skip -= totals[++chosen] == best ? 1 : 0;
        }

        return chosen;
    }
}
