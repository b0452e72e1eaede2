using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Evaluation;

/// <summary>Values as positions in lists.</summary>
internal static class ListIndex
{
    /// <summary>What comes of asking a list for a field.</summary>
    public static CelError NoField { get; } = new("unsupported index type 'string' in list");

    /// <summary>The position; null with a fault if the value is none.</summary>
    public static long? Of(in CelValue value, out CelValue fault)
    {
        fault = default;
        switch (value.Kind)
        {
            case CelKind.Int:
                return value.AsInt;
            case CelKind.UInt when value.AsUInt <= long.MaxValue:
                return (long)value.AsUInt;
            case CelKind.Double when double.IsInteger(value.AsDouble) && Math.Abs(value.AsDouble) < 9223372036854775808.0:
                return (long)value.AsDouble;
            case CelKind.UInt or CelKind.Double:
                fault = CelValue.Error($"unsupported index value {value} in list");
                return null;
            default:
                fault = CelValue.Error($"unsupported index type '{value.Type.Name}' in list");
                return null;
        }
    }
}
