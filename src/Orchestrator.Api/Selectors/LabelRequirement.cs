using System.Globalization;

namespace Orchestrator.Api.Selectors;

/// <summary>One requirement of a label selector.</summary>
public sealed record LabelRequirement(string Key, SelectorOperator Operator, IReadOnlyList<string> Values)
{
    public bool Matches(ApiMap<string> labels)
    {
        var present = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            SelectorOperator.In => present && Contains(value!),
            SelectorOperator.NotIn => !present || !Contains(value!),
            SelectorOperator.Exists => present,
            SelectorOperator.DoesNotExist => !present,
            _ => present && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && (Operator == SelectorOperator.GreaterThan ? number > Bound : number < Bound),
        };
    }

    private long Bound => long.Parse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private bool Contains(string value)
    {
        for (var i = 0; i < Values.Count; i++)
        {
            if (Values[i] == value)
            {
                return true;
            }
        }

        return false;
    }
}
