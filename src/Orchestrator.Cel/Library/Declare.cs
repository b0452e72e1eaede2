using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Library;

/// <summary>Short forms for declaring functions.</summary>
internal static class Declare
{
    public static readonly CelType A = CelType.Param("A");
    public static readonly CelType B = CelType.Param("B");
    public static readonly CelType ListOfA = CelType.List(A);
    public static readonly CelType MapOfAB = CelType.Map(A, B);

    public static CelFunction Function(string name, params CelOverload[] overloads) => new(name, overloads);

    /// <summary>An overload that is called as <c>f(x)</c>.</summary>
    public static CelOverload Global(string id, CelType[] arguments, CelType result, Func<CelValue[], CelValue> body) =>
        new() { Id = id, Arguments = arguments, Result = result, Body = body };

    /// <summary>An overload that is called as <c>x.f()</c>; the target is the first argument.</summary>
    public static CelOverload Member(string id, CelType[] arguments, CelType result, Func<CelValue[], CelValue> body) =>
        new() { Id = id, Arguments = arguments, Result = result, Body = body, IsMember = true };

    /// <summary>An operator, which has nodes of its own and so no body.</summary>
    public static CelOverload Operator(string id, CelType[] arguments, CelType result) =>
        Global(id, arguments, result, _ => throw new InvalidOperationException($"{id} is evaluated by its node"));
}
