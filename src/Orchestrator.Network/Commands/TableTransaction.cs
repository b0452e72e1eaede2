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

    /// <summary>The script, in an order in which nothing is used before it is there or dropped while it is used.</summary>
    public string Script()
    {
        var script = new StringBuilder();

        // 1. New sets and chains. All chains first, then their rules, which refer to each other.
        foreach (var (name, definition) in _addedSets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            script.Append($"add set ip {table} {name} {definition}\n");
        }

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

        // 2. The switch: elements leave for where they were and come back for where they lead now.
        AppendElements(script, "delete", _removedElements);
        AppendElements(script, "add", _addedElements);

        // 3. What nothing leads to any more. Rules go first, since old chains refer to each other and to sets.
        foreach (var name in _removedChains.Order(StringComparer.Ordinal))
        {
            script.Append($"flush chain ip {table} {name}\n");
        }

        foreach (var name in _removedChains.Order(StringComparer.Ordinal))
        {
            script.Append($"delete chain ip {table} {name}\n");
        }

        foreach (var name in _removedSets.Order(StringComparer.Ordinal))
        {
            script.Append($"delete set ip {table} {name}\n");
        }

        return script.ToString();
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
