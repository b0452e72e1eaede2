using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>What all rules of a schema may cost together, by estimate.</summary>
internal sealed class RuleCosts
{
    /// <summary>What they may cost.</summary>
    public const ulong SchemaCostMax = 100_000_000;

    private const int MostExpensiveMax = 4;
    private readonly List<(FieldPath Path, ulong Cost)> _expensive = [];

    public ulong Total { get; private set; }

    /// <summary>The rules that count most, the most expensive first.</summary>
    public IEnumerable<FieldPath> MostExpensive => _expensive.Select(static e => e.Path);

    public void Add(FieldPath path, ulong cost)
    {
        Total = cost > ulong.MaxValue - Total ? ulong.MaxValue : Total + cost;
        if (cost < SchemaCostMax / 100)
        {
            return;
        }

        var at = _expensive.FindIndex(e => e.Cost < cost);
        _expensive.Insert(at < 0 ? _expensive.Count : at, (path, cost));
        if (_expensive.Count > MostExpensiveMax)
        {
            _expensive.RemoveAt(MostExpensiveMax);
        }
    }

    public static ulong Multiply(ulong left, ulong right) => right != 0 && left > ulong.MaxValue / right ? ulong.MaxValue : left * right;
}
