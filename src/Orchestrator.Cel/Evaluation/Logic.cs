using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary><c>&amp;&amp;</c> and <c>||</c>: the deciding side wins over a failure of the other, whichever stands first.</summary>
internal sealed class LogicNode(Node left, Node right, bool decides) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var first = left.Evaluate(frame);
        if (first.IsBool && first.AsBool == decides)
        {
            return first;
        }

        var second = right.Evaluate(frame);
        if (second.IsBool && (second.AsBool == decides || first.IsBool))
        {
            return second;
        }

        return first.IsError ? first : second.IsError ? second : CelError.NoSuchOverload;
    }
}

internal sealed class NotNode(Node operand) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var value = operand.Evaluate(frame);
        frame.Spend(1);
        return value.IsBool ? !value.AsBool : value.IsError ? value : CelError.NoSuchOverload;
    }
}

/// <summary>Whether a loop should go on: a failure may yet be outvoted.</summary>
internal sealed class NotStrictlyFalseNode(Node operand) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var value = operand.Evaluate(frame);
        frame.Spend(1);
        return !value.IsFalse;
    }
}

internal sealed class ConditionalNode(Node condition, Node yes, Node no) : Node
{
    private readonly Node _yes = Branch(yes);
    private readonly Node _no = Branch(no);

    public override CelValue Evaluate(Frame frame)
    {
        var value = condition.Evaluate(frame);
        return value.IsBool ? (value.AsBool ? _yes : _no).Evaluate(frame) : value.IsError ? value : CelError.NoSuchOverload;
    }

    // A variable that is all of a branch is not charged for.
    private static Node Branch(Node node) => node switch
    {
        LocalNode local => new LocalNode(local.Index, free: true),
        VariableNode variable => new VariableNode(variable.Name, free: true),
        _ => node,
    };
}

internal sealed class EqualNode(Node left, Node right, bool negated) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var first = left.Evaluate(frame);
        var second = right.Evaluate(frame);
        if (first.IsError || second.IsError)
        {
            return first.IsError ? first : second;
        }

        frame.Spend(Costs.CallCosts.Equality(first, second, negated));
        return CelValue.Equal(first, second) != negated;
    }
}
