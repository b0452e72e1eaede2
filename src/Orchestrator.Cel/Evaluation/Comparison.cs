using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary><c>&lt; &lt;= &gt; &gt;=</c>.</summary>
internal sealed class CompareNode(string function, Node left, Node right, bool ofTexts) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var first = left.Evaluate(frame);
        var second = right.Evaluate(frame);
        if (first.IsError || second.IsError)
        {
            return first.IsError ? first : second;
        }

        frame.Spend(ofTexts ? Costs.CallCosts.Smaller(first, second) : 1);
        if (first.Kind is CelKind.Null or CelKind.List or CelKind.Map or CelKind.Type or CelKind.Optional or CelKind.Opaque)
        {
            return CelValue.Error($"no such overload: {function}");
        }

        if (first.IsNumber && second.IsNumber)
        {
            return Numbers.Compare(first, second) is { } order ? Holds(order) : CelValue.Error("NaN values cannot be ordered");
        }

        return Comparing.Order(first, second) is { } result ? Holds(result) : CelError.NoSuchOverload;
    }

    private bool Holds(int order) => function switch
    {
        Operators.Less => order < 0,
        Operators.LessEqual => order <= 0,
        Operators.Greater => order > 0,
        _ => order >= 0,
    };
}
