using System.Collections.Frozen;
using Orchestrator.Api;

namespace Orchestrator.ApiServer.Strategies;

/// <summary>A resource's row of strategies.tsv.</summary>
internal sealed record StrategyFacts(bool PutCreates, bool UnconditionalUpdate, bool TracksGeneration, string? DefaultDeletePropagation)
{
    private static readonly Lazy<FrozenDictionary<(string, string), StrategyFacts>> Rows = new(static () =>
        EmbeddedTable.Rows("strategies.tsv").ToFrozenDictionary(static c => (c[0], c[1]), static c => new StrategyFacts(
            c[2] == "y", c[3] == "y", c[4].Contains("+1", StringComparison.Ordinal), c[5] == "no garbage collection" ? null : c[5])));

    public static StrategyFacts Of(string group, string resource) =>
        Rows.Value.TryGetValue((group, resource), out var facts) ? facts : new(false, true, false, "Background");
}
