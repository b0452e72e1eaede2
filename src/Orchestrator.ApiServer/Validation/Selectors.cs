using Orchestrator.Api;
using Orchestrator.Api.Meta.V1;

namespace Orchestrator.ApiServer.Validation;

/// <summary>Matching of labels by selectors.</summary>
internal static class Selectors
{
    /// <summary>Whether a selector can be put to use: known operators with as many values as they need.</summary>
    public static bool IsConvertible(LabelSelector selector) =>
        selector.MatchExpressions.All(static e => Formats.IsQualifiedName(e.Key) && e.Values.All(static v => Formats.LabelValue(v).Count == 0) && e.Operator switch
        {
            "In" or "NotIn" => e.Values.Count > 0,
            "Exists" or "DoesNotExist" => e.Values.Count == 0,
            _ => false,
        }) && selector.MatchLabels.All(static l => Formats.IsQualifiedName(l.Key) && Formats.LabelValue(l.Value).Count == 0);

    public static bool Matches(LabelSelector selector, ApiMap<string> labels)
    {
        foreach (var (key, value) in selector.MatchLabels)
        {
            if (!labels.TryGetValue(key, out var own) || own != value)
            {
                return false;
            }
        }

        foreach (var requirement in selector.MatchExpressions)
        {
            var has = labels.TryGetValue(requirement.Key, out var own);
            var matches = requirement.Operator switch
            {
                "In" => has && requirement.Values.Contains(own!),
                "NotIn" => !has || !requirement.Values.Contains(own!),
                "Exists" => has,
                "DoesNotExist" => !has,
                _ => false,
            };
            if (!matches)
            {
                return false;
            }
        }

        return true;
    }
}
