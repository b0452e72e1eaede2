using Orchestrator.Api.Meta.V1;

namespace Orchestrator.Controllers;

/// <summary>Values in the form that upstream's messages show them in.</summary>
internal static class GoText
{
    public static string Of(LabelSelector? selector)
    {
        if (selector is null)
        {
            return "nil";
        }

        var labels = string.Concat(selector.MatchLabels.OrderBy(static l => l.Key, StringComparer.Ordinal).Select(static l => $"{l.Key}: {l.Value},"));
        var expressions = string.Concat(selector.MatchExpressions.Select(static e => $"LabelSelectorRequirement{{Key:{e.Key},Operator:{e.Operator},Values:[{string.Join(" ", e.Values)}],}},"));
        return $"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}";
    }
}
