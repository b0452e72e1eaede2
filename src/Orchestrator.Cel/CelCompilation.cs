using Orchestrator.Cel.Costs;
using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel;

/// <summary>A compiled expression, or why it is none. Immutable.</summary>
public sealed class CelCompilation
{
    private readonly Expr? _tree;

    internal CelCompilation(string source, Expr? tree, CelType type, Node? root, string error)
    {
        _tree = tree;
        ResultType = type;
        Error = error;
        Program = root is null ? null : new(source, root);
    }

    /// <summary>The issues with their places, as upstream words them; "" if there are none.</summary>
    public string Error { get; }

    public bool Succeeded => Error.Length == 0;

    /// <summary>The error with the step that failed in front, as Kubernetes tells it.</summary>
    public string Failure => (IsPlannable ? "compilation failed: " : "program instantiation failed: ") + Error;

    private bool IsPlannable { get; init; } = true;

    /// <summary>The type of what the expression gives.</summary>
    public CelType ResultType { get; }

    /// <summary>What runs; null if the expression did not compile.</summary>
    public CelProgram? Program { get; }

    /// <summary>Whether the expression speaks of a variable.</summary>
    public bool Uses(string variable) => _tree is not null && VariableUse.Occurs(_tree, variable);

    /// <summary>Whether the expression reads a field of a variable by its name, plainly or if it is there.</summary>
    public bool Selects(string variable, string field) => _tree is not null && VariableUse.Selects(_tree, variable, field);

    /// <summary>What running may cost at least and at most, for inputs of the sizes that the estimator tells.</summary>
    public CostRange EstimateCost(ICelSizeEstimator sizes) => _tree is null ? CostRange.Zero : new CostEstimation(sizes).Estimate(_tree);

    internal static CelCompilation Failed(string error) => new("", null, CelType.Error, null, error);

    /// <summary>An expression without a fault in form that holds a constant which can never be computed.</summary>
    internal static CelCompilation Unplannable(string error) => new("", null, CelType.Error, null, error) { IsPlannable = false };
}
