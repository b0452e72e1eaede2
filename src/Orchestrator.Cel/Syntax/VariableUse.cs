namespace Orchestrator.Cel.Syntax;

/// <summary>What an expression says of variables.</summary>
internal static class VariableUse
{
    /// <summary>Whether it speaks of one.</summary>
    public static bool Occurs(Expr node, string variable) => node switch
    {
        IdentExpr ident => ident.Name == variable,
        SelectExpr select => select.Resolved is { } resolved ? resolved.Name == variable : Occurs(select.Operand, variable),
        CallExpr call => (call.Target is not null && Occurs(call.Target, variable)) || call.Arguments.Any(a => Occurs(a, variable)),
        ListExpr list => list.Elements.Any(e => Occurs(e, variable)),
        MapExpr map => map.Entries.Any(e => Occurs(e.Key, variable) || Occurs(e.Value, variable)),
        StructExpr structure => structure.Fields.Any(f => Occurs(f.Value, variable)),
        ComprehensionExpr loop => Occurs(loop.Range, variable) || Occurs(loop.Initial, variable) || Occurs(loop.Condition, variable)
            || Occurs(loop.Step, variable) || Occurs(loop.Result, variable),
        _ => false,
    };

    /// <summary>Whether it reads a field of one: <c>variable.field</c> or <c>variable.?field</c>.</summary>
    public static bool Selects(Expr node, string variable, string field) => node switch
    {
        SelectExpr select => (select.Name == field && IsVariable(select.Operand, variable)) || Selects(select.Operand, variable, field),
        CallExpr call => (call.Function == Operators.OptSelect && call.Target is null && call.Arguments is [var operand, LiteralExpr { Value: { IsString: true } name }]
                && IsVariable(operand, variable) && name.AsString == field)
            || (call.Target is not null && Selects(call.Target, variable, field)) || call.Arguments.Any(a => Selects(a, variable, field)),
        ListExpr list => list.Elements.Any(e => Selects(e, variable, field)),
        MapExpr map => map.Entries.Any(e => Selects(e.Key, variable, field) || Selects(e.Value, variable, field)),
        StructExpr structure => structure.Fields.Any(f => Selects(f.Value, variable, field)),
        ComprehensionExpr loop => Selects(loop.Range, variable, field) || Selects(loop.Initial, variable, field) || Selects(loop.Condition, variable, field)
            || Selects(loop.Step, variable, field) || Selects(loop.Result, variable, field),
        _ => false,
    };

    private static bool IsVariable(Expr node, string variable) => node is IdentExpr ident && ident.Name == variable;
}
