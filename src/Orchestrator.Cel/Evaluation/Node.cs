using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>A step of a program. Immutable; what an evaluation needs lies in the frame. Failures are values.</summary>
internal abstract class Node
{
    public abstract CelValue Evaluate(Frame frame);
}
