using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>A call of a function: of the one overload that the checker found, or of the one that fits the values.</summary>
internal sealed class CallNode(string function, IReadOnlyList<CelOverload> overloads, Node[] arguments) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var values = new CelValue[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Collections.Freeze(arguments[i].Evaluate(frame));
            if (values[i].IsError)
            {
                return values[i];
            }
        }

        foreach (var overload in overloads)
        {
            if (overload.Fits(values))
            {
                var result = overload.Body(values);
                frame.Spend(Costs.CallCosts.Actual(function, overloads.Count == 1 ? overload.Id : "", values, result));
                return result;
            }
        }

        frame.Spend(1);
        return Unfit(values);
    }

    // The language's own functions on texts judge their arguments themselves, and say less.
    private CelValue Unfit(CelValue[] values) => function switch
    {
        "contains" or "startsWith" or "endsWith" or "matches" or "or" or "orValue" or "find" or "findAll" => CelError.NoSuchOverload,
        "size" => CelValue.Error("no such overload: size"),
        "sort" when values[0].Kind != CelKind.List => CelValue.Error("no such overload: sort"),
        _ => CelValue.Error($"no such overload: {function}({string.Join(", ", values.Select(v => v.Type.Name))})"),
    };
}

/// <summary><c>x in y</c>.</summary>
internal sealed class InNode(Node element, Node container, bool ofList) : Node
{
    // Of a constant list of plain values upstream makes a set, and charges nothing for looking there.
    private readonly bool _free = ofList && container is ConstantNode { Value: { Kind: CelKind.List } list } && IsPlain(list.AsList);

    public override CelValue Evaluate(Frame frame)
    {
        var value = element.Evaluate(frame);
        var within = container.Evaluate(frame);
        if (value.IsError || within.IsError)
        {
            return value.IsError ? value : within;
        }

        switch (within.Reference)
        {
            case CelList list:
                frame.Spend(_free ? 0 : ofList ? (ulong)list.Count : 1);
                return list.Contains(value);
            case CelMap map:
                frame.Spend(1);
                return map.TryGet(value, out _);
            default:
                frame.Spend(1);
                return CelError.NoSuchOverload;
        }
    }

    private static bool IsPlain(CelList list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].Kind is not (CelKind.String or CelKind.Bool or CelKind.Int or CelKind.UInt or CelKind.Double))
            {
                return false;
            }
        }

        return true;
    }
}
