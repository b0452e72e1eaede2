using System.Text;

namespace Orchestrator.Network.Commands;

/// <summary>Changes to an nftables table that take effect together.</summary>
internal class TableTransaction(string table)
{
    private readonly Dictionary<string, string> _addedSets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _addedChains = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removedChains = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removedSets = new(StringComparer.Ordinal);
    private readonly List<(MapElement Element, string Verdict)> _removedElements = [];
    private readonly List<(MapElement Element, string Verdict)> _addedElements = [];

    public bool IsEmpty =>
        _addedSets.Count == 0 && _addedChains.Count == 0 && _removedChains.Count == 0 && _removedSets.Count == 0
        && _removedElements.Count == 0 && _addedElements.Count == 0;

    public int ChangeCount => _addedChains.Count + _removedChains.Count + _removedElements.Count + _addedElements.Count;

    public void AddChain(string name, IReadOnlyList<string> lines) => _addedChains[name] = lines;

    public void RemoveChain(string name) => _removedChains.Add(name);

    public void AddSet(string name, string definition) => _addedSets[name] = definition;

    public void RemoveSet(string name) => _removedSets.Add(name);

    public void ReplaceElement(MapElement element, string? old, string? now)
    {
        if (old == now)
        {
            return;
        }

        if (old is not null)
        {
            _removedElements.Add((element, old));
        }

        if (now is not null)
        {
            _addedElements.Add((element, now));
        }
    }

    /// <summary>Everything in one script, in an order in which nothing is used before it is there or dropped while it is used.</summary>
    public string Script()
    {
        var script = new StringBuilder();
        AppendAdditions(script);
        AppendSwitch(script);
        AppendRemovals(script, table, _removedChains, _removedSets);
        return script.ToString();
    }

    /// <summary>
    /// The first of two scripts: brings new sets and chains, which nothing leads to yet, and takes away what <see cref="TableRemnants"/>
    /// has from earlier ones.
    /// </summary>
    /// <remarks>
    /// A packet looks up maps in the kernel's present generation, but walks chains in the one in which it came in. Would a chain come
    /// together with the element that leads to it, a packet on its way at that moment would find the chain empty; would it go together
    /// with the element, a packet would find its anonymous map empty. Either way a connection would be refused about once in a few
    /// hundred changes under load (seen on Linux 6.18). So chains come before and go after the switch.
    /// </remarks>
    /// <returns>Empty if there is nothing to bring.</returns>
    public string PreparationScript(TableRemnants remnants)
    {
        // What is still there from before need not come again: names tell contents.
        foreach (var name in _addedChains.Keys.Where(remnants.Chains.Remove).ToArray())
        {
            _addedChains.Remove(name);
        }

        // A set comes back empty all the same: whom it noted in its earlier life has been sent elsewhere since.
        var returning = _addedSets.Keys.Where(remnants.Sets.Remove).Order(StringComparer.Ordinal).ToArray();
        foreach (var name in returning)
        {
            _addedSets.Remove(name);
        }

        if (_addedChains.Count == 0 && _addedSets.Count == 0 && returning.Length == 0)
        {
            return "";
        }

        var script = new StringBuilder();
        foreach (var name in returning)
        {
            script.Append($"flush set ip {table} {name}\n");
        }

        AppendAdditions(script);
        AppendRemovals(script, table, remnants.Chains, remnants.Sets);
        return script.ToString();
    }

    /// <summary>The second script: elements leave for where they were and come back for where they lead now.</summary>
    public string SwitchScript()
    {
        var script = new StringBuilder();
        AppendSwitch(script);
        return script.ToString();
    }

    /// <summary>Notes what this has made useless, once both scripts are through.</summary>
    public void LeaveTo(TableRemnants remnants)
    {
        remnants.Chains.UnionWith(_removedChains);
        remnants.Sets.UnionWith(_removedSets);
    }

    internal static void AppendRemovals(StringBuilder script, string table, IReadOnlyCollection<string> chains, IReadOnlyCollection<string> sets)
    {
        // Rules go first, since old chains refer to each other and to sets.
        foreach (var name in chains.Order(StringComparer.Ordinal))
        {
            script.Append($"flush chain ip {table} {name}\n");
        }

        foreach (var name in chains.Order(StringComparer.Ordinal))
        {
            script.Append($"delete chain ip {table} {name}\n");
        }

        foreach (var name in sets.Order(StringComparer.Ordinal))
        {
            script.Append($"delete set ip {table} {name}\n");
        }
    }

    private void AppendAdditions(StringBuilder script)
    {
        foreach (var (name, definition) in _addedSets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            script.Append($"add set ip {table} {name} {definition}\n");
        }

        // All chains first, then their rules, which refer to each other.
        var chains = _addedChains.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        foreach (var (name, _) in chains)
        {
            script.Append($"add chain ip {table} {name}\n");
        }

        foreach (var (name, lines) in chains)
        {
            foreach (var line in lines)
            {
                script.Append($"add rule ip {table} {name} {line}\n");
            }
        }
    }

    private void AppendSwitch(StringBuilder script)
    {
        AppendElements(script, "delete", _removedElements);
        AppendElements(script, "add", _addedElements);
    }

    private void AppendElements(StringBuilder script, string verb, List<(MapElement Element, string Verdict)> elements)
    {
        foreach (var map in elements.GroupBy(element => element.Element.Map).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var keys = map.OrderBy(element => element.Element.Key, StringComparer.Ordinal)
                .Select(element => element.Verdict.Length > 0 ? $"{element.Element.Key} : {element.Verdict}" : element.Element.Key);
            script.Append($"{verb} element ip {table} {map.Key} {{ {string.Join(", ", keys)} }}\n");
        }
    }
}
