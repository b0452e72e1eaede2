using Orchestrator.Api.Core.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Strategies.Warnings;

/// <summary>Labels of nodes that have newer names.</summary>
internal static class NodeLabelWarnings
{
    /// <summary>What to say of a label; null for one that is fine.</summary>
    public static string? TextOf(string label) => label switch
    {
        "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region" => "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone" => "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type" => "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
        "app.kubernetes.io/created-by" => "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => "deprecated since v1.22; use Taints and Tolerations instead",
        "node-role.kubernetes.io/master" => "use \"node-role.kubernetes.io/control-plane\" instead",
        _ => null,
    };

    public static void Term(NodeSelectorTerm term, bool checkValues, FieldPath path, List<string> warnings)
    {
        for (var i = 0; i < term.MatchExpressions.Count; i++)
        {
            var expression = term.MatchExpressions[i];
            var at = path.Child("matchExpressions").Index(i);
            if (TextOf(expression.Key) is { } text)
            {
                warnings.Add($"{at.Child("key")}: {expression.Key} is {text}");
            }

            for (var v = 0; checkValues && v < expression.Values.Count; v++)
            {
                foreach (var fault in Formats.LabelValue(expression.Values[v]))
                {
                    warnings.Add($"{at.Child("values").Index(v)}: {expression.Values[v]} is invalid, {fault}");
                }
            }
        }
    }
}
