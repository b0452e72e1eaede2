using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>A loop over a list, the keys of a map, or with two variables over both sides of either.</summary>
internal sealed class LoopNode : Node
{
    public required Node Range { get; init; }

    public required int Accumulator { get; init; }

    public required int Variable { get; init; }

    /// <summary>-1 for loops with one variable.</summary>
    public required int Variable2 { get; init; }

    public required Node Initial { get; init; }

    public required Node Condition { get; init; }

    public required Node Step { get; init; }

    public required Node Result { get; init; }

    public override CelValue Evaluate(Frame frame)
    {
        var range = Range.Evaluate(frame);
        if (range.IsError)
        {
            return range;
        }

        var accumulator = Initial.Evaluate(frame);
        frame.Local(Accumulator) = accumulator;
        switch (range.Reference)
        {
            case CelList list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (!Turn(frame, Variable2 < 0 ? list[i] : CelValue.Int(i), Variable2 < 0 ? default : list[i]))
                    {
                        break;
                    }
                }

                break;
            case CelMap map:
                foreach (var key in map.Keys)
                {
                    CelValue value = default;
                    if (Variable2 >= 0)
                    {
                        map.TryGet(key, out value);
                    }

                    if (!Turn(frame, key, value))
                    {
                        break;
                    }
                }

                break;
            default:
                return CelValue.Error($"got '{GoType(range)}', expected iterable type");
        }

        return Collections.Freeze(Result.Evaluate(frame));
    }

    private static string GoType(in CelValue value) => value.Kind switch
    {
        CelKind.Duration or CelKind.Timestamp or CelKind.String or CelKind.Bytes or CelKind.Bool or CelKind.Int or CelKind.Double or CelKind.Null => $"types.{value.Kind}",
        CelKind.UInt => "types.Uint",
        _ => value.Type.Name,
    };

    private bool Turn(Frame frame, in CelValue first, in CelValue second)
    {
        frame.Local(Variable) = first;
        if (Variable2 >= 0)
        {
            frame.Local(Variable2) = second;
        }

        if (Condition.Evaluate(frame).IsFalse)
        {
            return false;
        }

        var next = Step.Evaluate(frame);
        frame.Local(Accumulator) = next;
        return true;
    }
}
