using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Costs;

/// <summary>A part of an expression as cost estimators see it.</summary>
/// <param name="Path">
/// The way to the value from a variable: its name, then field names, <c>@items</c>, <c>@keys</c> and <c>@values</c>; null if it is not reached that way.
/// </param>
/// <param name="Type">The checked type.</param>
/// <param name="ComputedSize">The size where the expression itself tells it.</param>
/// <param name="Literal">The value of a literal.</param>
public sealed record CostNode(IReadOnlyList<string>? Path, CelType Type, CostRange? ComputedSize, CelValue? Literal);
