using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Syntax;

/// <summary>Calls that are not calls: tests for presence, and loops over lists and maps.</summary>
/// <param name="issues">Takes the faults.</param>
/// <param name="bindings">Whether <c>cel.bind</c> gives names to values.</param>
internal sealed class Macros(CelIssues issues, bool bindings)
{
    private const string Unused = "#unused";

    /// <summary>Makes a call, or what a macro of that name and number of arguments stands for.</summary>
    public Expr Expand(int at, string name, Expr? target, Expr[] arguments)
    {
        var expansion = (target is null, name, arguments.Length) switch
        {
            (true, "has", 1) => Has(at, arguments),
            (false, "all", 2) => All(at, target!, arguments, 1),
            (false, "exists", 2) => Exists(at, target!, arguments, 1),
            (false, "exists_one" or "existsOne", 2) => ExistsOne(at, target!, arguments, 1),
            (false, "map", 2 or 3) => Map(at, target!, arguments),
            (false, "filter", 2) => Filter(at, target!, arguments),
            (false, "all", 3) => All(at, target!, arguments, 2),
            (false, "exists", 3) => Exists(at, target!, arguments, 2),
            (false, "exists_one" or "existsOne", 3) => ExistsOne(at, target!, arguments, 2),
            (false, "transformList", 3 or 4) => TransformList(at, target!, arguments),
            (false, "transformMap", 3 or 4) => TransformMap(at, target!, arguments, (accu, value) => Call(at, Operators.MapInsert, accu, arguments[0], value)),
            (false, "transformMapEntry", 3 or 4) => TransformMap(at, target!, arguments, (accu, value) => Call(at, Operators.MapInsert, accu, value)),
            (false, "optMap", 2) => OptionalMap(at, name, target!, arguments, value => Call(at, "optional.of", value)),
            (false, "optFlatMap", 2) => OptionalMap(at, name, target!, arguments, value => value),
            (false, "sortBy", 2) => SortBy(at, target!, arguments),
            (false, "bind", 3) when bindings && target is IdentExpr { Name: "cel" } => arguments[0] is IdentExpr variable
                ? Bind(at, variable.Name, arguments[1], arguments[2])
                : Fault(arguments[0], "cel.bind() variable names must be simple identifiers"),
            _ => null,
        };
        return expansion ?? new CallExpr(at, name, target, arguments);
    }

    private static IdentExpr Accumulator(int at) => new(at, Operators.Accumulator);

    private static LiteralExpr Literal(int at, CelValue value) => new(at, value);

    private static CallExpr Call(int at, string function, params Expr[] arguments) => new(at, function, null, arguments);

    private static ListExpr ListOf(int at, params Expr[] elements) => new(at, elements, []);

    private IdentExpr Fault(Expr where, string message)
    {
        issues.Add(where.Position, message);
        return new(where.Position, "");
    }

    private Expr Has(int at, Expr[] arguments) => arguments[0] is SelectExpr { TestOnly: false } select
        ? new SelectExpr(at, select.Operand, select.Name, testOnly: true)
        : Fault(arguments[0], "invalid argument to has() macro");

    private IdentExpr? VariableFault(Expr[] arguments, int variables, string message)
    {
        for (var i = 0; i < variables; i++)
        {
            if (arguments[i] is not IdentExpr ident)
            {
                return Fault(arguments[i], message);
            }

            if (ident.Name is Operators.Accumulator or "__result__")
            {
                return Fault(arguments[i], "iteration variable overwrites accumulator variable");
            }
        }

        return variables == 2 && ((IdentExpr)arguments[0]).Name == ((IdentExpr)arguments[1]).Name
            ? Fault(arguments[1], $"duplicate variable name: {((IdentExpr)arguments[1]).Name}")
            : null;
    }

    private static ComprehensionExpr Loop(int at, Expr range, Expr[] arguments, int variables, Expr initial, Expr condition, Expr step, Expr? result = null) => new(at)
    {
        Range = range,
        Variable = ((IdentExpr)arguments[0]).Name,
        Variable2 = variables == 2 ? ((IdentExpr)arguments[1]).Name : null,
        Accumulator = Operators.Accumulator,
        Initial = initial,
        Condition = condition,
        Step = step,
        Result = result ?? Accumulator(at),
    };

    private Expr All(int at, Expr target, Expr[] arguments, int variables) =>
        VariableFault(arguments, variables, "argument must be a simple name") ?? (Expr)Loop(
            at,
            target,
            arguments,
            variables,
            Literal(at, CelValue.True),
            Call(at, Operators.NotStrictlyFalse, Accumulator(at)),
            Call(at, Operators.And, Accumulator(at), arguments[variables]));

    private Expr Exists(int at, Expr target, Expr[] arguments, int variables) =>
        VariableFault(arguments, variables, "argument must be a simple name") ?? (Expr)Loop(
            at,
            target,
            arguments,
            variables,
            Literal(at, CelValue.False),
            Call(at, Operators.NotStrictlyFalse, Call(at, Operators.Not, Accumulator(at))),
            Call(at, Operators.Or, Accumulator(at), arguments[variables]));

    private Expr ExistsOne(int at, Expr target, Expr[] arguments, int variables) =>
        VariableFault(arguments, variables, "argument must be a simple name") ?? (Expr)Loop(
            at,
            target,
            arguments,
            variables,
            Literal(at, CelValue.Int(0)),
            Literal(at, CelValue.True),
            Call(
                at,
                Operators.Conditional,
                arguments[variables],
                Call(at, Operators.Add, Accumulator(at), Literal(at, CelValue.Int(1))),
                Accumulator(at)),
            Call(at, Operators.Equal, Accumulator(at), Literal(at, CelValue.Int(1))));

    private Expr Map(int at, Expr target, Expr[] arguments) =>
        VariableFault(arguments, 1, "argument is not an identifier") ?? (Expr)Loop(
            at,
            target,
            arguments,
            1,
            ListOf(at),
            Literal(at, CelValue.True),
            Filtered(at, arguments.Length == 3 ? arguments[1] : null, Call(at, Operators.Add, Accumulator(at), ListOf(at, arguments[^1]))));

    private Expr Filter(int at, Expr target, Expr[] arguments) =>
        VariableFault(arguments, 1, "argument is not an identifier") ?? (Expr)Loop(
            at,
            target,
            arguments,
            1,
            ListOf(at),
            Literal(at, CelValue.True),
            Filtered(at, arguments[1], Call(at, Operators.Add, Accumulator(at), ListOf(at, arguments[0]))));

    private static CallExpr Filtered(int at, Expr? filter, CallExpr step) =>
        filter is null ? step : Call(at, Operators.Conditional, filter, step, Accumulator(at));

    private Expr TransformList(int at, Expr target, Expr[] arguments) =>
        VariableFault(arguments, 2, "argument must be a simple name") ?? (Expr)Loop(
            at,
            target,
            arguments,
            2,
            ListOf(at),
            Literal(at, CelValue.True),
            Filtered(at, arguments.Length == 4 ? arguments[2] : null, Call(at, Operators.Add, Accumulator(at), ListOf(at, arguments[^1]))));

    private Expr TransformMap(int at, Expr target, Expr[] arguments, Func<Expr, Expr, CallExpr> insert) =>
        VariableFault(arguments, 2, "argument must be a simple name") ?? (Expr)Loop(
            at,
            target,
            arguments,
            2,
            new MapExpr(at, []),
            Literal(at, CelValue.True),
            Filtered(at, arguments.Length == 4 ? arguments[2] : null, insert(Accumulator(at), arguments[^1])));

    private Expr OptionalMap(int at, string name, Expr target, Expr[] arguments, Func<Expr, Expr> wrap) => arguments[0] is not IdentExpr variable
        ? Fault(arguments[0], $"{name}() variable name must be a simple identifier")
        : Call(
            at,
            Operators.Conditional,
            new CallExpr(at, "hasValue", target),
            wrap(Bind(at, variable.Name, new CallExpr(at, "value", target), arguments[1])),
            Call(at, "optional.none"));

    private Expr SortBy(int at, Expr target, Expr[] arguments)
    {
        const string Input = "@__sortBy_input__";
        if (target is not (ListExpr or SelectExpr or IdentExpr or ComprehensionExpr or CallExpr))
        {
            return Fault(target, "sortBy can only be applied to a list, identifier, comprehension, call or select expression");
        }

        var keys = Map(at, new IdentExpr(at, Input), arguments);
        return keys is ComprehensionExpr ? Bind(at, Input, target, new CallExpr(at, "@sortByAssociatedKeys", new IdentExpr(at, Input), keys)) : keys;
    }

    /// <summary>A name for a value: a loop over nothing.</summary>
    private static ComprehensionExpr Bind(int at, string variable, Expr value, Expr result) => new(at)
    {
        Range = ListOf(at),
        Variable = Unused,
        Accumulator = variable,
        Initial = value,
        Condition = Literal(at, CelValue.False),
        Step = new IdentExpr(at, variable),
        Result = result,
    };
}
