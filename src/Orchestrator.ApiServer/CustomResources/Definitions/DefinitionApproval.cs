using Orchestrator.Api.ApiExtensions.V1;

namespace Orchestrator.ApiServer.CustomResources.Definitions;

/// <summary>Whether a definition in one of Kubernetes' own groups says who approved it.</summary>
internal static class DefinitionApproval
{
    public const string Annotation = "api-approved.kubernetes.io";
    private const string Why = "protected groups must have approval annotation \"" + Annotation + "\"";
    private const string See = ", see https://github.com/kubernetes/enhancements/pull/1111";

    public static bool IsProtected(string group) =>
        group is "k8s.io" or "kubernetes.io" || group.EndsWith(".k8s.io", StringComparison.Ordinal) || group.EndsWith(".kubernetes.io", StringComparison.Ordinal);

    /// <summary>The state, and the text that explains it.</summary>
    public static (ApprovalState State, string Reason) Of(CustomResourceDefinition definition)
    {
        var text = definition.Metadata.Annotations.GetValueOrDefault(Annotation) ?? "";
        if (text.Length == 0)
        {
            return (ApprovalState.Missing, Why + See);
        }

        if (text.StartsWith("unapproved", StringComparison.Ordinal))
        {
            return (ApprovalState.Bypassed, $"not approved: \"{text}\"");
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0
            ? (ApprovalState.Approved, $"approved in {text}")
            : (ApprovalState.Invalid, Why + " with either a URL or a reason starting with \"unapproved\"" + See);
    }
}
