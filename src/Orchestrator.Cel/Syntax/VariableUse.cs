namespace Orchestrator.Cel.Syntax;

/// <summary>Whether an expression speaks of a variable.</summary>
internal static class VariableUse
{
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
}
