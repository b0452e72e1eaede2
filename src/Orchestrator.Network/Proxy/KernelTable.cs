using System.Text.Json;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Proxy;

/// <summary>What of Services is in the kernel's table, by names; the truth after a restart.</summary>
internal sealed class KernelTable
{
    /// <summary>Chains of Services, without the shared ones.</summary>
    public HashSet<string> Chains { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Sets { get; } = new(StringComparer.Ordinal);

    public Dictionary<MapElement, string> Elements { get; } = [];

    /// <summary>Reads the table.</summary>
    /// <returns><see langword="null"/> if it isn't there or is another version's, and has to be made anew.</returns>
    public static async Task<KernelTable?> ReadAsync(Nftables nftables, ProxyOptions options, CancellationToken cancellationToken)
    {
        if (await ReadChainsAsync(nftables, options, cancellationToken) is not { } chains)
        {
            return null;
        }

        var table = new KernelTable();
        table.Chains.UnionWith(chains);
        List<string> lines = ["list sets ip"];
        lines.AddRange(BaseRules.Maps.Select(map => $"list {(BaseRules.IsSet(map) ? "set" : "map")} ip {options.Table} {map}"));
        foreach (var line in lines)
        {
            // Gone between two looks: whoever deletes tables of ours gets a new one.
            if (await nftables.ListAsync(line, cancellationToken) is not { } objects)
            {
                return null;
            }

            foreach (var item in objects)
            {
                if ((Own(item, "map", options.Table) ?? Own(item, "set", options.Table)) is { } set)
                {
                    table.AddSet(set);
                }
            }
        }

        return table;
    }

    /// <summary>Reads the names of Services' chains only, which tell whether the table is still as it was made.</summary>
    /// <returns><see langword="null"/> if the table isn't there or is another version's.</returns>
    public static async Task<IReadOnlyCollection<string>?> ReadChainsAsync(Nftables nftables, ProxyOptions options, CancellationToken cancellationToken)
    {
        var objects = await nftables.ListAsync("list chains ip", cancellationToken) ?? [];
        var names = objects.Select(item => Own(item, "chain", options.Table)).OfType<JsonElement>()
            .Select(chain => chain.GetProperty("name").GetString()!).ToList();
        return names.Contains(BaseRules.Marker(options)) ? [.. names.Where(name => !BaseRules.IsSharedChain(name))] : null;
    }

    private static JsonElement? Own(JsonElement item, string kind, string table) =>
        item.TryGetProperty(kind, out var value) && value.GetProperty("table").GetString() == table ? value : null;

    private void AddSet(JsonElement set)
    {
        var name = set.GetProperty("name").GetString()!;
        if (!BaseRules.Maps.Contains(name))
        {
            Sets.Add(name);
            return;
        }

        if (!set.TryGetProperty("elem", out var elements))
        {
            return;
        }

        foreach (var element in elements.EnumerateArray())
        {
            var (key, verdict) = element.ValueKind == JsonValueKind.Array ? (element[0], Verdict(element[1])) : (element, "");
            Elements[new MapElement(name, Key(key))] = verdict;
        }
    }

    private static string Key(JsonElement key) => key.ValueKind == JsonValueKind.Object
        ? string.Join(" . ", key.GetProperty("concat").EnumerateArray().Select(part => part.ToString()))
        : key.ToString();

    private static string Verdict(JsonElement verdict)
    {
        var property = verdict.EnumerateObject().First();
        return property.Value.ValueKind == JsonValueKind.Object
            ? $"{property.Name} {property.Value.GetProperty("target").GetString()}"
            : property.Name;
    }
}
