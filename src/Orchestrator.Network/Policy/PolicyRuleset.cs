using System.Text;
using Orchestrator.Network.Commands;

namespace Orchestrator.Network.Policy;

/// <summary>Everything that the policies need in the kernel on one node.</summary>
internal sealed class PolicyRuleset
{
    public const string IngressPods = "ingress-pods";
    public const string EgressPods = "egress-pods";

    /// <summary>Chain name to rules; names are made from the content.</summary>
    public SortedDictionary<string, IReadOnlyList<string>> Chains { get; } = new(StringComparer.Ordinal);

    /// <summary>Set name to the type of its elements.</summary>
    public SortedDictionary<string, string> Sets { get; } = new(StringComparer.Ordinal);

    /// <summary>Elements of the two maps and of the sets, with verdicts where they have some.</summary>
    public Dictionary<MapElement, string> Elements { get; } = [];

    /// <summary>The table as a whole, to replace whatever there is in one transaction.</summary>
    /// <remarks>
    /// Two hooks, one after the other, since what a pod may send and what another may receive are two questions and a packet needs
    /// a yes to both. Only forwarded packets are asked: a node always reaches its own pods (probes), and its pods the node (names).
    /// </remarks>
    public string Script(string table)
    {
        var script = new StringBuilder($$"""
            add table ip {{table}}
            delete table ip {{table}}
            table ip {{table}} {
                map {{EgressPods}} {
                    type ipv4_addr : verdict
                }
                map {{IngressPods}} {
                    type ipv4_addr : verdict
                }
                chain sent {
                    type filter hook forward priority 0; policy accept;
                    ct state established,related accept
                    ip saddr vmap @{{EgressPods}}
                }
                chain received {
                    type filter hook forward priority 1; policy accept;
                    ct state established,related accept
                    ip daddr vmap @{{IngressPods}}
                }
            }

            """);
        return script.Append(Since(new PolicyRuleset(), table).Script()).ToString();
    }

    /// <summary>What changes a table of <paramref name="old"/> into one of this.</summary>
    public TableTransaction Since(PolicyRuleset old, string table)
    {
        var transaction = new TableTransaction(table);
        foreach (var (name, type) in Sets.Where(set => !old.Sets.ContainsKey(set.Key)))
        {
            transaction.AddSet(name, $"{{ type {type}; }}");
        }

        foreach (var (name, lines) in Chains.Where(chain => !old.Chains.ContainsKey(chain.Key)))
        {
            transaction.AddChain(name, lines);
        }

        foreach (var name in old.Chains.Keys.Where(name => !Chains.ContainsKey(name)))
        {
            transaction.RemoveChain(name);
        }

        foreach (var name in old.Sets.Keys.Where(name => !Sets.ContainsKey(name)))
        {
            transaction.RemoveSet(name);
        }

        foreach (var element in old.Elements.Keys.Concat(Elements.Keys).Distinct())
        {
            // A set that goes takes its elements along.
            if (!old.Sets.ContainsKey(element.Map) || Sets.ContainsKey(element.Map))
            {
                transaction.ReplaceElement(element, old.Elements.GetValueOrDefault(element), Elements.GetValueOrDefault(element));
            }
        }

        return transaction;
    }
}
