using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary><c>+ - * / %</c>, checked for overflow.</summary>
internal sealed class ArithmeticNode(string function, Node left, Node right, bool joins) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var first = left.Evaluate(frame);
        var second = right.Evaluate(frame);
        if (first.IsError || second.IsError)
        {
            return first.IsError ? first : second;
        }

        frame.Spend(joins ? Costs.CallCosts.Joined(first, second) : 1);
        return function switch
        {
            Operators.Add => Add(first, second),
            Operators.Subtract => Subtract(first, second),
            _ => Scale(first, second),
        };
    }

    internal static CelValue Add(in CelValue a, in CelValue b)
    {
        switch (a.Kind)
        {
            case CelKind.Int when b.IsInt:
                var sum = unchecked(a.AsInt + b.AsInt);
                return ((a.AsInt ^ sum) & (b.AsInt ^ sum)) < 0 ? CelError.IntOverflow : CelValue.Int(sum);
            case CelKind.UInt when b.Kind == CelKind.UInt:
                return a.AsUInt > ulong.MaxValue - b.AsUInt ? CelError.UIntOverflow : CelValue.UInt(a.AsUInt + b.AsUInt);
            case CelKind.Double when b.Kind == CelKind.Double:
                return CelValue.Double(a.AsDouble + b.AsDouble);
            case CelKind.String when b.IsString:
                return a.AsString + b.AsString;
            case CelKind.Bytes when b.Kind == CelKind.Bytes:
                return new CelBytes((byte[])[.. a.AsBytes.Data.Span, .. b.AsBytes.Data.Span]);
            case CelKind.List when b.Kind == CelKind.List:
                return a.AsList.Add(b.AsList);
            case CelKind.Duration when b.Kind == CelKind.Duration:
                return Nanoseconds((Int128)a.AsNanoseconds + b.AsNanoseconds);
            case CelKind.Duration when b.Kind == CelKind.Timestamp:
                return Moment(b.AsTimestamp.Plus(a.AsNanoseconds));
            case CelKind.Timestamp when b.Kind == CelKind.Duration:
                return Moment(a.AsTimestamp.Plus(b.AsNanoseconds));
            case CelKind.Int or CelKind.UInt or CelKind.Double or CelKind.String or CelKind.Bytes or CelKind.List or CelKind.Duration or CelKind.Timestamp:
                return CelError.NoSuchOverload;
            default:
                return CelValue.Error("no such overload: _+_");
        }
    }

    private static CelValue Subtract(in CelValue a, in CelValue b)
    {
        switch (a.Kind)
        {
            case CelKind.Int when b.IsInt:
                var difference = unchecked(a.AsInt - b.AsInt);
                return ((a.AsInt ^ b.AsInt) & (a.AsInt ^ difference)) < 0 ? CelError.IntOverflow : CelValue.Int(difference);
            case CelKind.UInt when b.Kind == CelKind.UInt:
                return b.AsUInt > a.AsUInt ? CelError.UIntOverflow : CelValue.UInt(a.AsUInt - b.AsUInt);
            case CelKind.Double when b.Kind == CelKind.Double:
                return CelValue.Double(a.AsDouble - b.AsDouble);
            case CelKind.Duration when b.Kind == CelKind.Duration:
                return Nanoseconds((Int128)a.AsNanoseconds - b.AsNanoseconds);
            case CelKind.Timestamp when b.Kind == CelKind.Duration:
                return b.AsNanoseconds == long.MinValue ? CelError.TimestampOverflow : Moment(a.AsTimestamp.Plus(-b.AsNanoseconds));
            case CelKind.Timestamp when b.Kind == CelKind.Timestamp:
                return a.AsTimestamp.Minus(b.AsTimestamp) is { } between ? CelValue.Duration(between) : CelError.IntOverflow;
            case CelKind.Int or CelKind.UInt or CelKind.Double or CelKind.Duration or CelKind.Timestamp:
                return CelError.NoSuchOverload;
            default:
                return CelValue.Error("no such overload: _-_");
        }
    }

    private CelValue Scale(in CelValue a, in CelValue b) => a.Kind switch
    {
        CelKind.Int when b.IsInt => Ints(a.AsInt, b.AsInt),
        CelKind.UInt when b.Kind == CelKind.UInt => UInts(a.AsUInt, b.AsUInt),
        CelKind.Double when b.Kind == CelKind.Double && function != Operators.Modulo =>
            CelValue.Double(function == Operators.Multiply ? a.AsDouble * b.AsDouble : a.AsDouble / b.AsDouble),
        CelKind.Int or CelKind.UInt => CelError.NoSuchOverload,
        CelKind.Double when function != Operators.Modulo => CelError.NoSuchOverload,
        _ => CelValue.Error($"no such overload: {function}"),
    };

    private CelValue Ints(long a, long b)
    {
        switch (function)
        {
            case Operators.Multiply:
                var product = (Int128)a * b;
                return product < long.MinValue || product > long.MaxValue ? CelError.IntOverflow : CelValue.Int((long)product);
            case Operators.Divide:
                return b == 0 ? CelError.DivisionByZero : a == long.MinValue && b == -1 ? CelError.IntOverflow : CelValue.Int(a / b);
            default:
                return b == 0 ? CelError.ModulusByZero : a == long.MinValue && b == -1 ? CelError.IntOverflow : CelValue.Int(a % b);
        }
    }

    private CelValue UInts(ulong a, ulong b)
    {
        switch (function)
        {
            case Operators.Multiply:
                var product = (UInt128)a * b;
                return product > ulong.MaxValue ? CelError.UIntOverflow : CelValue.UInt((ulong)product);
            case Operators.Divide:
                return b == 0 ? CelError.DivisionByZero : CelValue.UInt(a / b);
            default:
                return b == 0 ? CelError.ModulusByZero : CelValue.UInt(a % b);
        }
    }

    private static CelValue Nanoseconds(Int128 value) =>
        value < long.MinValue || value > long.MaxValue ? CelError.DurationOverflow : CelValue.Duration((long)value);

    private static CelValue Moment(CelTimestamp? moment) => moment is null ? CelError.TimestampOverflow : moment;
}

/// <summary>Addition outside of an operator.</summary>
internal static class Arithmetic
{
    public static CelValue Sum(in CelValue a, in CelValue b) => ArithmeticNode.Add(a, b);
}

internal sealed class NegateNode(Node operand) : Node
{
    public override CelValue Evaluate(Frame frame)
    {
        var value = operand.Evaluate(frame);
        frame.Spend(1);
        return value.Kind switch
        {
            CelKind.Int => value.AsInt == long.MinValue ? CelError.IntOverflow : CelValue.Int(-value.AsInt),
            CelKind.Double => CelValue.Double(-value.AsDouble),
            CelKind.Duration => value.AsNanoseconds == long.MinValue ? CelError.DurationOverflow : CelValue.Duration(-value.AsNanoseconds),
            CelKind.Error => value,
            _ => CelValue.Error("no such overload: -_"),
        };
    }
}
