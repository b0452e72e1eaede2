using System.Globalization;
using System.Text;
using Orchestrator.Scheduler.Evaluation;

namespace Orchestrator.Scheduler.Hosting;

/// <summary>The sentence that says why no node takes a pod: <c>0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.</c></summary>
internal static class FitMessage
{
    public const string NoNodes = "no nodes available to schedule pods";

    /// <summary>Counts reasons over the nodes.</summary>
    public static string Of(int nodes, ReadOnlySpan<int> codes, Verdicts verdicts)
    {
        var reasons = new Dictionary<string, int>();
        foreach (var code in codes)
        {
            if (code != Verdicts.Absent)
            {
                foreach (var reason in verdicts[code].Reasons)
                {
                    reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                }
            }
        }

        return Of(nodes, reasons);
    }

    public static string Of(int nodes, Dictionary<string, int> reasons)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"0/{nodes} nodes are available:");
        if (reasons.Count > 0)
        {
            text.Append(' ').AppendJoin(", ", reasons.Select(static r => $"{r.Value} {r.Key}").Order(StringComparer.Ordinal)).Append('.');
        }

        return text.ToString();
    }

    /// <summary>When a pod cannot be tried on any node, whatever the nodes are.</summary>
    public static string OfPod(int nodes, string reason) => $"0/{nodes} nodes are available: {reason}.";
}
