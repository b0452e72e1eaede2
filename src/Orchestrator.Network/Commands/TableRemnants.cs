using System.Text;

namespace Orchestrator.Network.Commands;

/// <summary>Chains and sets of a table which nothing leads to any more, but in which a packet may still be.</summary>
internal sealed class TableRemnants
{
    public HashSet<string> Chains { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Sets { get; } = new(StringComparer.Ordinal);

    public bool IsEmpty => Chains.Count == 0 && Sets.Count == 0;

    public void Clear()
    {
        Chains.Clear();
        Sets.Clear();
    }

    public string RemovalScript(string table)
    {
        var script = new StringBuilder();
        TableTransaction.AppendRemovals(script, table, Chains, Sets);
        return script.ToString();
    }
}
