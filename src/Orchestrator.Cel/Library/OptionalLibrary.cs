using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;
using static Orchestrator.Cel.Library.Declare;
using T = Orchestrator.Cel.Types.CelType;

namespace Orchestrator.Cel.Library;

/// <summary>Values that may be absent.</summary>
internal static class OptionalLibrary
{
    private static readonly CelType OptionalA = T.Optional(A);

    public static IEnumerable<CelFunction> Functions() =>
    [
        Function("optional.of", Global("optional_of", [A], OptionalA, a => CelOptional.Of(a[0]))),
        Function("optional.ofNonZeroValue", Global("optional_ofNonZeroValue", [A], OptionalA, a => IsZero(a[0]) ? CelOptional.None : CelOptional.Of(a[0]))),
        Function("optional.none", Global("optional_none", [], OptionalA, _ => CelOptional.None)),
        Function("hasValue", Member("optional_hasValue", [OptionalA], T.Bool, a => Of(a[0]).HasValue)),
        Function("value", Member("optional_value", [OptionalA], A, a => Of(a[0]).Value)),
        Function("or", Member("optional_or_optional", [OptionalA, OptionalA], OptionalA, a => Of(a[0]).HasValue ? a[0] : a[1])),
        Function("orValue", Member("optional_orValue_value", [OptionalA, A], A, a => Of(a[0]).HasValue ? Of(a[0]).Value : a[1])),
        Function("optional.unwrap", Global("optional_unwrap", [T.List(OptionalA)], ListOfA, Unwrap)),
        Function("unwrapOpt", Member("optional_unwrapOpt", [T.List(OptionalA)], ListOfA, Unwrap)),
    ];

    private static CelOptional Of(in CelValue value) => (CelOptional)value.Reference!;

    private static CelValue Unwrap(CelValue[] a)
    {
        var items = new List<CelValue>();
        for (var i = 0; i < a[0].AsList.Count; i++)
        {
            if (a[0].AsList[i].Reference is not CelOptional optional)
            {
                return CelValue.Error($"value {a[0].AsList[i]} is not optional");
            }

            if (optional.HasValue)
            {
                items.Add(optional.Value);
            }
        }

        return CelArray.Of(items);
    }

    private static bool IsZero(in CelValue value) => value.Kind switch
    {
        CelKind.Null => true,
        CelKind.Bool => !value.AsBool,
        CelKind.Int or CelKind.UInt or CelKind.Duration => value.AsInt == 0,
        CelKind.Double => value.AsDouble == 0,
        CelKind.String => value.AsString.Length == 0,
        CelKind.Bytes => value.AsBytes.Data.Length == 0,
        CelKind.List => value.AsList.Count == 0,
        CelKind.Map => value.AsMap.Count == 0,
        CelKind.Timestamp => value.AsTimestamp.Seconds == CelTimestamp.SecondsMin && value.AsTimestamp.Nanoseconds == 0,
        CelKind.Optional => !Of(value).HasValue,
        _ => false,
    };
}
