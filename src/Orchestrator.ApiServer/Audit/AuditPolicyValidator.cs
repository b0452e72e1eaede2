using Orchestrator.Api;
using Orchestrator.Api.Audit.V1;
using Orchestrator.ApiServer.Validation;

namespace Orchestrator.ApiServer.Audit;

/// <summary>What is wrong with an audit policy, in upstream's words.</summary>
internal static class AuditPolicyValidator
{
    private static readonly string[] Levels = ["None", "Metadata", "Request", "RequestResponse"];
    private static readonly string[] Stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];

    public static FieldErrorList Validate(Policy policy)
    {
        var faults = new FieldErrorList();
        ValidateStages(policy.OmitStages, FieldPath.Root("omitStages"), faults);
        for (var i = 0; i < policy.Rules.Count; i++)
        {
            ValidateRule(policy.Rules[i], FieldPath.Root("rules").Index(i), faults);
        }

        return faults;
    }

    private static void ValidateRule(PolicyRule rule, FieldPath path, FieldErrorList faults)
    {
        faults.RequiredOneOf(path, "level", rule.Level, Levels);
        var urls = path.Child("nonResourceURLs");
        for (var i = 0; i < rule.NonResourceURLs.Count; i++)
        {
            var url = rule.NonResourceURLs[i];
            if (url != "*" && !url.StartsWith('/'))
            {
                faults.Invalid(urls.Index(i), url, "non-resource URL rules must begin with a '/' character");
            }

            if (url.Length > 1 && url.AsSpan(0, url.Length - 1).Contains('*'))
            {
                faults.Invalid(urls.Index(i), url, "non-resource URL wildcards '*' must be the final character of the rule");
            }
        }

        foreach (var resources in rule.Resources)
        {
            if (resources.Group is not ("" or "*") && Formats.DnsSubdomain(resources.Group) is { Count: > 0 } wrong)
            {
                faults.Invalid(path.Child("resources", "group"), resources.Group, string.Join(',', wrong));
            }

            if (resources.ResourceNames.Count > 0 && resources.Resources.Count == 0)
            {
                faults.Invalid(path.Child("resources", "resourceNames"), resources.ResourceNames, "using resourceNames requires at least one resource");
            }
        }

        ValidateStages(rule.OmitStages, path.Child("omitStages"), faults);
        if (rule.NonResourceURLs.Count > 0 && (rule.Resources.Count > 0 || rule.Namespaces.Count > 0))
        {
            faults.Invalid(urls, rule.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
        }
    }

    private static void ValidateStages(ApiList<string> stages, FieldPath path, FieldErrorList faults)
    {
        for (var i = 0; i < stages.Count; i++)
        {
            if (!Stages.Contains(stages[i]))
            {
                faults.Invalid(path.Index(i), stages[i], "allowed stages are " + string.Join(',', Stages));
            }
        }
    }
}
