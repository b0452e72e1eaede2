using Orchestrator.Cel.Library;
using Orchestrator.Cel.Syntax;
using Orchestrator.Cel.Types;
using Orchestrator.Cel.Values;

namespace Orchestrator.Cel.Checking;

/// <summary>
/// What a checked expression may still not hold: times, durations and regular expressions that could never be converted, lists and maps of mixed types,
/// and formats that do not fit their arguments.
/// </summary>
internal sealed class LiteralRules(CelIssues issues)
{
    // Within a call of format lists may be mixed: that is how its arguments are given.
    private int _formats;

    public void Check(Expr node)
    {
        switch (node)
        {
            case SelectExpr { Resolved: null } select:
                Check(select.Operand);
                break;
            case CallExpr call:
                Call(call);
                break;
            case ListExpr list:
                foreach (var element in list.Elements)
                {
                    Check(element);
                }

                SameTypes(list);
                break;
            case MapExpr map:
                foreach (var entry in map.Entries)
                {
                    Check(entry.Key);
                    Check(entry.Value);
                }

                SameTypes(map);
                break;
            case StructExpr structure:
                foreach (var field in structure.Fields)
                {
                    Check(field.Value);
                }

                break;
            case ComprehensionExpr loop:
                foreach (var part in (ReadOnlySpan<Expr>)[loop.Range, loop.Initial, loop.Condition, loop.Step, loop.Result])
                {
                    Check(part);
                }

                break;
        }
    }

    private void Call(CallExpr call)
    {
        var formats = call.Function == "format";
        _formats += formats ? 1 : 0;
        if (call.Target is not null)
        {
            Check(call.Target);
        }

        foreach (var argument in call.Arguments)
        {
            Check(argument);
        }

        _formats -= formats ? 1 : 0;
        if (formats && call is { Target: LiteralExpr { Value: { IsString: true } format }, Arguments: [ListExpr arguments] })
        {
            FormatRules.Check(format.AsString, arguments, call.Position, issues);
        }
        else if (call.Arguments is [LiteralExpr literal, ..] && !Converts(call.Function, literal.Value))
        {
            issues.Add(literal.Position, $"invalid {call.Function} argument");
        }
    }

    // Of the regular expression only the place of a member call counts: x.matches('…').
    private static bool Converts(string function, in CelValue literal) => (function, literal.Kind) switch
    {
        ("matches", CelKind.String) => GoRegex.Get(literal.AsString, out _) is not null,
        ("duration", CelKind.String) => CelDurations.TryParse(literal.AsString, out _),
        ("timestamp", CelKind.String) => CelTimestamp.TryParse(literal.AsString, out _),
        ("timestamp", CelKind.Int) => literal.AsInt is >= CelTimestamp.SecondsMin and <= CelTimestamp.SecondsMax,
        _ => true,
    };

    private void SameTypes(ListExpr list)
    {
        CelType? first = null;
        for (var i = 0; i < list.Elements.Count && _formats == 0; i++)
        {
            var element = list.Elements[i];
            var type = list.Optionals.Contains(i) ? Unwrapped(element.Type) : element.Type;
            if (first is not null && !first.Equals(type))
            {
                Mixed(element.Position, first, type);
                return;
            }

            first ??= type;
        }
    }

    private void SameTypes(MapExpr map)
    {
        CelType? keys = null;
        CelType? values = null;
        foreach (var entry in map.Entries)
        {
            if (_formats > 0)
            {
                return;
            }

            var type = entry.Optional ? Unwrapped(entry.Value.Type) : entry.Value.Type;
            if (keys is not null && !keys.Equals(entry.Key.Type))
            {
                Mixed(entry.Key.Position, keys, entry.Key.Type);
            }

            if (values is not null && !values.Equals(type))
            {
                Mixed(entry.Value.Position, values, type);
            }

            keys ??= entry.Key.Type;
            values ??= type;
        }
    }

    private static CelType Unwrapped(CelType type) => type.IsOptional ? type.Parameters[0] : type;

    private void Mixed(int position, CelType expected, CelType found) =>
        issues.Add(position, $"expected type '{expected.Display()}' but found '{found.Display()}'");
}
