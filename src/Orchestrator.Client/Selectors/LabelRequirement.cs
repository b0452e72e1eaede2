using System.Globalization;
using Orchestrator.Api;

namespace Orchestrator.Client;

/// <summary>One requirement on a label. A label that is absent satisfies <see cref="LabelOperator.NotIn"/>.</summary>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    public bool Matches(ApiMap<string> labels)
    {
        var present = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            LabelOperator.In => present && Contains(value!),
            LabelOperator.NotIn => !present || !Contains(value!),
            LabelOperator.Exists => present,
            LabelOperator.DoesNotExist => !present,
            LabelOperator.GreaterThan => present && Compare(value!, out var order) && order > 0,
            LabelOperator.LessThan => present && Compare(value!, out var order) && order < 0,
            _ => false,
        };
    }

    public override string ToString() => Operator switch
    {
        LabelOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
        LabelOperator.In => $"{Key} in ({string.Join(",", Values.Order(StringComparer.Ordinal))})",
        LabelOperator.NotIn when Values.Count == 1 => $"{Key}!={Values[0]}",
        LabelOperator.NotIn => $"{Key} notin ({string.Join(",", Values.Order(StringComparer.Ordinal))})",
        LabelOperator.Exists => Key,
        LabelOperator.DoesNotExist => "!" + Key,
        LabelOperator.GreaterThan => $"{Key}>{Values[0]}",
        LabelOperator.LessThan => $"{Key}<{Values[0]}",
        _ => "<none>",
    };

    private bool Contains(string value)
    {
        foreach (var allowed in Values)
        {
            if (allowed == value)
            {
                return true;
            }
        }

        return false;
    }

    private bool Compare(string value, out int order)
    {
        order = 0;
        if (Values.Count != 1
            || !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
            || !long.TryParse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right))
        {
            return false;
        }

        order = left.CompareTo(right);
        return true;
    }
}
