using Orchestrator.Cel.Library;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Syntax;

/// <summary>Finds literals that could never be converted: times, durations and regular expressions.</summary>
internal static class LiteralValidator
{
    public static void Validate(Expr node, CelIssues issues)
    {
        switch (node)
        {
            case SelectExpr select:
                Validate(select.Operand, issues);
                break;
            case CallExpr call:
                if (call.Target is not null)
                {
                    Validate(call.Target, issues);
                }

                foreach (var argument in call.Arguments)
                {
                    Validate(argument, issues);
                }

                ValidateCall(call, issues);
                break;
            case ListExpr list:
                foreach (var element in list.Elements)
                {
                    Validate(element, issues);
                }

                break;
            case MapExpr map:
                foreach (var entry in map.Entries)
                {
                    Validate(entry.Key, issues);
                    Validate(entry.Value, issues);
                }

                break;
            case StructExpr structure:
                foreach (var field in structure.Fields)
                {
                    Validate(field.Value, issues);
                }

                break;
            case ComprehensionExpr loop:
                foreach (var part in (ReadOnlySpan<Expr>)[loop.Range, loop.Initial, loop.Condition, loop.Step, loop.Result])
                {
                    Validate(part, issues);
                }

                break;
        }
    }

    private static void ValidateCall(CallExpr call, CelIssues issues)
    {
        if (call.Arguments.Length == 0 || call.Arguments[^1] is not LiteralExpr { Value: { IsString: true } value } literal)
        {
            return;
        }

        var valid = call.Function switch
        {
            "matches" => GoRegex.Get(value.AsString, out _) is not null,
            "duration" => CelDurations.TryParse(value.AsString, out _),
            "timestamp" => CelTimestamp.TryParse(value.AsString, out _),
            _ => true,
        };
        if (!valid)
        {
            issues.Add(literal.Position, $"invalid {call.Function} argument");
        }
    }
}
