using Orchestrator.Cel.Library;
using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;

namespace Orchestrator.Cel.Checking;

/// <summary>Whether the clauses of a format literal fit the arguments beside it, as far as their types tell.</summary>
internal static class FormatRules
{
    private static readonly CelTypeKind[] Showable =
    [
        CelTypeKind.List, CelTypeKind.Map, CelTypeKind.Int, CelTypeKind.UInt, CelTypeKind.Double, CelTypeKind.Bool, CelTypeKind.String,
        CelTypeKind.Timestamp, CelTypeKind.Bytes, CelTypeKind.Duration, CelTypeKind.Type, CelTypeKind.Null,
    ];

    public static void Check(string format, ListExpr arguments, int position, CelIssues issues)
    {
        var asked = 0;
        foreach (var clause in FormatClause.In(format))
        {
            if (clause.Verb == FormatClause.Text)
            {
                continue;
            }

            // One more is counted as asked for than there is, as upstream tells of the first fault alone.
            if (asked >= arguments.Elements.Count && clause.Fault.Length == 0)
            {
                issues.Add(position, $"index {asked} out of range");
                return;
            }

            if (clause.Fault.Length > 0)
            {
                issues.Add(position, clause.Fault);
                return;
            }

            if (Unfit(clause.Verb, arguments.Elements[asked++]) is var (where, type))
            {
                issues.Add(where, $"error during formatting: {FormatClause.Expectation(clause.Verb)}, was given {type.Name}");
                return;
            }
        }

        if (arguments.Elements.Count > asked)
        {
            issues.Add(position, $"too many arguments supplied to string.format (expected {asked}, got {arguments.Elements.Count})");
        }
    }

    private static (int Position, CelType Type)? Unfit(char verb, Expr argument) => verb switch
    {
        's' => Unshowable(argument),
        'd' or 'o' => Unless(argument, CelTypeKind.Int, CelTypeKind.UInt),
        'f' or 'e' => Unless(argument, CelTypeKind.Double, CelTypeKind.String),
        'b' => Unless(argument, CelTypeKind.Int, CelTypeKind.UInt, CelTypeKind.Bool),
        _ => Unless(argument, CelTypeKind.Int, CelTypeKind.UInt, CelTypeKind.String, CelTypeKind.Bytes),
    };

    private static (int Position, CelType Type)? Unless(Expr argument, params ReadOnlySpan<CelTypeKind> kinds) =>
        argument.Type.IsDyn || kinds.Contains(argument.Type.TypeKind) ? null : (argument.Position, argument.Type);

    private static (int Position, CelType Type)? Unshowable(Expr argument)
    {
        if (Unless(argument, Showable) is { } itself)
        {
            return itself;
        }

        var parts = argument switch
        {
            ListExpr list => list.Elements,
            MapExpr map => map.Entries.SelectMany(e => (Expr[])[e.Key, e.Value]),
            _ => [],
        };
        foreach (var part in parts)
        {
            if (Unshowable(part) is { } inner)
            {
                return inner;
            }
        }

        return null;
    }
}
