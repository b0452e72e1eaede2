using Orchestrator.Network.Commands;
using Orchestrator.Network.Services;

namespace Orchestrator.Network.Proxy;

/// <summary>All Services' rules put together, and the difference that each change makes to them.</summary>
/// <remarks>One caller at a time. Nothing here knows the kernel; <see cref="Diff"/> compares with whatever it is told is there.</remarks>
internal sealed class ProxyState(ProxyOptions options)
{
    private readonly Dictionary<ServiceKey, ServiceRules> _services = [];

    /// <summary>Who wants an element, in order of names. Two Services may ask for the same external address; the first one has it.</summary>
    private readonly Dictionary<MapElement, SortedDictionary<string, string>> _claims = [];

    public int ServiceCount => _services.Count;

    public IEnumerable<HealthCheck> HealthChecks => _services.Values.Select(rules => rules.HealthCheck).OfType<HealthCheck>();

    /// <summary>The names of all chains that should be there.</summary>
    public HashSet<string> ChainNames() => _services.Values.SelectMany(rules => rules.Chains.Keys).ToHashSet(StringComparer.Ordinal);

    /// <summary>Takes changes over.</summary>
    /// <returns>What has to change in a kernel that has everything from before.</returns>
    public ProxyTransaction Apply(IReadOnlyList<KeyValuePair<ServiceKey, ServiceState?>> changes)
    {
        var transaction = new ProxyTransaction(options.Table);
        var before = new Dictionary<MapElement, string?>();
        foreach (var (key, state) in changes)
        {
            var old = _services.GetValueOrDefault(key, ServiceRules.None);
            var now = state is null ? ServiceRules.None : ServiceRulesCompiler.Compile(state, options);
            if (ReferenceEquals(now, ServiceRules.None))
            {
                _services.Remove(key);
            }
            else
            {
                _services[key] = now;
            }

            transaction.ReplaceChains(old, now);
            foreach (var element in old.Elements.Keys.Concat(now.Elements.Keys))
            {
                before.TryAdd(element, Winner(element));
            }

            var claimant = key.ToString();
            foreach (var element in old.Elements.Keys)
            {
                var claims = _claims[element];
                claims.Remove(claimant);
                if (claims.Count == 0)
                {
                    _claims.Remove(element);
                }
            }

            foreach (var (element, verdict) in now.Elements)
            {
                if (!_claims.TryGetValue(element, out var claims))
                {
                    _claims[element] = claims = new SortedDictionary<string, string>(StringComparer.Ordinal);
                }

                claims[claimant] = verdict;
            }

            transaction.ReplaceFlows(old, now);
        }

        foreach (var (element, verdict) in before)
        {
            transaction.ReplaceElement(element, verdict, Winner(element));
        }

        return transaction;
    }

    /// <summary>The Services that have rules.</summary>
    public IReadOnlyList<ServiceKey> Keys() => [.. _services.Keys.OrderBy(key => key.ToString(), StringComparer.Ordinal)];

    /// <summary>A script that makes a table of another name for some Services alone, to try whether the kernel takes them.</summary>
    public string TrialScript(IEnumerable<ServiceKey> keys)
    {
        var trial = options with { Table = $"{options.Table}-trial" };
        var transaction = new TableTransaction(trial.Table);
        var elements = new Dictionary<MapElement, string>();
        foreach (var rules in keys.Select(key => _services[key]))
        {
            foreach (var (name, definition) in rules.Sets)
            {
                transaction.AddSet(name, definition);
            }

            foreach (var (name, lines) in rules.Chains)
            {
                transaction.AddChain(name, lines);
            }

            foreach (var (element, verdict) in rules.Elements)
            {
                elements.TryAdd(element, verdict);
            }
        }

        foreach (var (element, verdict) in elements)
        {
            transaction.ReplaceElement(element, null, verdict);
        }

        return BaseRules.Script(trial) + transaction.Script();
    }

    /// <summary>What has to change in a kernel that has <paramref name="kernel"/>.</summary>
    public ProxyTransaction Diff(KernelTable kernel)
    {
        var transaction = new ProxyTransaction(options.Table);
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        var wantedSets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rules in _services.Values)
        {
            foreach (var (name, lines) in rules.Chains)
            {
                wanted.Add(name);
                if (!kernel.Chains.Contains(name))
                {
                    transaction.AddChain(name, lines);
                }
            }

            foreach (var (name, definition) in rules.Sets)
            {
                wantedSets.Add(name);
                if (!kernel.Sets.Contains(name))
                {
                    transaction.AddSet(name, definition);
                }
            }
        }

        foreach (var name in kernel.Chains.Where(name => !wanted.Contains(name)))
        {
            transaction.RemoveChain(name);
        }

        foreach (var name in kernel.Sets.Where(name => !wantedSets.Contains(name)))
        {
            transaction.RemoveSet(name);
        }

        foreach (var element in _claims.Keys.Concat(kernel.Elements.Keys).Distinct())
        {
            var (old, now) = (kernel.Elements.GetValueOrDefault(element), Winner(element));
            transaction.ReplaceElement(element, old, now);
            if (old is not null && old != now)
            {
                transaction.ForgetFlows(element);
            }
        }

        return transaction;
    }

    private string? Winner(MapElement element) => _claims.TryGetValue(element, out var claims) ? claims.First().Value : null;
}
