using Orchestrator.Cel.Evaluation;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel;

/// <summary>An expression ready to run, by many threads at once.</summary>
public sealed class CelProgram
{
    /// <summary>What one evaluation may cost in Kubernetes, unless told otherwise.</summary>
    public const ulong PerCallLimit = 1_000_000;

    private readonly Node _root;

    internal CelProgram(string source, Node root)
    {
        Source = source;
        _root = root;
    }

    /// <summary>The expression's text.</summary>
    public string Source { get; }

    /// <summary>Runs the expression.</summary>
    public CelResult Evaluate(ICelActivation variables, ulong costLimit = PerCallLimit)
    {
        var frame = new Frame(variables, costLimit);
        try
        {
            var value = _root.Evaluate(frame);
            return new(Collections.Freeze(value), frame.Cost, false);
        }
        catch (CostExceededException)
        {
            return new(CelValue.Error("operation cancelled: actual cost limit exceeded"), frame.Cost, true);
        }
    }
}
