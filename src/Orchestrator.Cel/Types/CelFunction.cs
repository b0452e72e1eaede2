namespace Orchestrator.Cel.Types;

/// <summary>A function: its overloads in the order in which they are tried.</summary>
public sealed class CelFunction(string name, params CelOverload[] overloads)
{
    public string Name => name;

    public IReadOnlyList<CelOverload> Overloads => overloads;

    /// <summary>Both functions as one, the other's overloads last.</summary>
    internal CelFunction With(CelFunction other) => new(name, [.. overloads, .. other.Overloads]);
}
