using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

internal sealed class ConstantNode(CelValue value) : Node
{
    public CelValue Value => value;

    public override CelValue Evaluate(Frame frame) => value;
}

/// <summary>A variable of the host.</summary>
internal sealed class VariableNode(string name, bool free = false) : Node
{
    public string Name => name;

    public override CelValue Evaluate(Frame frame)
    {
        frame.Spend(free ? 0UL : 1UL);
        return frame.Variables.TryGet(name, out var value) ? value : CelValue.Error($"no such attribute(s): {name}");
    }
}

/// <summary>A variable of a loop.</summary>
internal sealed class LocalNode(int index, bool free = false) : Node
{
    public int Index => index;

    public override CelValue Evaluate(Frame frame)
    {
        frame.Spend(free ? 0UL : 1UL);
        return frame.Local(index);
    }
}

/// <summary>A value that is no variable and of which something is taken.</summary>
internal sealed class BaseNode(Node value) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var result = value.Evaluate(frame);
        frame.Spend(1);
        return Collections.Freeze(result);
    }
}

/// <summary>A field of a map or object; of an optional value it is optional.</summary>
internal sealed class SelectNode(Node operand, string name) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var target = operand.Evaluate(frame);
        if (target.IsError)
        {
            return target;
        }

        frame.Spend(1);
        switch (target.Reference)
        {
            case CelMap map:
                return map.TryGetField(name, out var value) ? value : Missing();
            case CelOptional optional:
                return Optionally.Select(optional, name);
            case CelList:
                return ListIndex.NoField;
            default:
                return Missing();
        }
    }

    private CelValue Missing() => CelValue.Error($"no such key: {name}");
}

/// <summary><c>has(x.name)</c>.</summary>
internal sealed class HasNode(Node operand, string name) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var target = operand.Evaluate(frame);
        return target.Reference switch
        {
            CelError => target,
            CelMap map => map.TryGetField(name, out _),
            CelList => ListIndex.NoField,
            CelOptional { HasValue: true } optional => optional.Value.Reference is CelMap map && map.TryGetField(name, out _),
            _ => false,
        };
    }
}

/// <summary><c>x.?name</c>.</summary>
internal sealed class OptionalSelectNode(Node operand, string name) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var target = operand.Evaluate(frame);
        if (target.IsError)
        {
            return target;
        }

        frame.Spend(1);
        return target.Reference is CelOptional optional ? Optionally.Select(optional, name) : Optionally.Field(target, name);
    }
}

/// <summary><c>x[i]</c> and <c>x[?i]</c>.</summary>
internal sealed class IndexNode(Node operand, Node index, bool optional) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var target = operand.Evaluate(frame);
        if (target.IsError)
        {
            return target;
        }

        var key = index.Evaluate(frame);
        if (key.IsError)
        {
            return key;
        }

        frame.Spend(1);
        if (target.Reference is CelOptional inner)
        {
            return inner.HasValue ? At(inner.Value, key, optional: true) : CelOptional.None;
        }

        return At(target, key, optional);
    }

    private static CelValue At(in CelValue target, in CelValue key, bool optional)
    {
        switch (target.Reference)
        {
            case CelMap map:
                return map.TryGet(key, out var value)
                    ? optional ? CelOptional.Of(value) : value
                    : optional ? CelOptional.None : CelValue.Error($"no such key: {key}");
            case CelList list:
                if (ListIndex.Of(key, out var fault) is not { } at)
                {
                    return fault;
                }

                return at >= 0 && at < list.Count
                    ? optional ? CelOptional.Of(list[(int)at]) : list[(int)at]
                    : optional ? CelOptional.None : CelValue.Error($"index out of bounds: {key}");
            default:
                return optional ? CelOptional.None : CelValue.Error($"no such key: {key}");
        }
    }
}
