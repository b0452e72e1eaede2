using System.Text;
using Orchestrator.Api;
using Orchestrator.Api.Batch.V1;

namespace Orchestrator.ApiServer.Validation.Batch;

/// <summary>When pods' failures fail a Job, and when some successes make it succeed.</summary>
internal static class JobPolicyValidator
{
    private const int RulesMax = 20;
    private const int ExitCodesMax = 255;
    private const int IndexesBytesMax = 64 * 1024;

    public static void Failure(JobSpec spec, PodFailurePolicy policy, FieldPath path, FieldErrorList errors)
    {
        var list = path.Child("rules");
        if (policy.Rules.Count > RulesMax)
        {
            errors.TooMany(list, policy.Rules.Count, RulesMax);
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            var rule = policy.Rules[i];
            var at = list.Index(i);
            if (rule.Action.Length == 0)
            {
                errors.Missing(at, "action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
            }
            else if (rule.Action == "FailIndex" && spec.BackoffLimitPerIndex is null)
            {
                errors.Invalid(at, "action", rule.Action, "requires the backoffLimitPerIndex to be set");
            }
            else
            {
                errors.OneOf(at, "action", rule.Action, "Count", "FailIndex", "FailJob", "Ignore");
            }

            if (rule.OnExitCodes is { } codes)
            {
                ExitCodes(spec, codes, at.Child("onExitCodes"), errors);
            }

            if (rule.OnPodConditions.Count > RulesMax)
            {
                errors.TooMany(at.Child("onPodConditions"), rule.OnPodConditions.Count, RulesMax);
            }

            for (var c = 0; c < rule.OnPodConditions.Count; c++)
            {
                var pattern = rule.OnPodConditions[c];
                var conditionPath = at.Child("onPodConditions").Index(c);
                errors.InvalidEach(conditionPath, "type", pattern.Type, Formats.QualifiedName(pattern.Type));
                if (pattern.Status.Length == 0)
                {
                    errors.Missing(conditionPath, "status", "valid values: [\"False\" \"True\" \"Unknown\"]");
                }
                else
                {
                    errors.OneOf(conditionPath, "status", pattern.Status, "False", "True", "Unknown");
                }
            }

            if (rule.OnExitCodes is not null && rule.OnPodConditions.Count > 0)
            {
                errors.InvalidUntold(at, "specifying both OnExitCodes and OnPodConditions is not supported");
            }

            if (rule.OnExitCodes is null && rule.OnPodConditions.Count == 0)
            {
                errors.InvalidUntold(at, "specifying one of OnExitCodes and OnPodConditions is required");
            }
        }
    }

    public static void Success(JobSpec spec, SuccessPolicy policy, FieldPath path, FieldErrorList errors)
    {
        var list = path.Child("rules");
        if (policy.Rules.Count == 0)
        {
            errors.Required(list, "at least one rules must be specified when the successPolicy is specified");
        }

        if (policy.Rules.Count > RulesMax)
        {
            errors.TooMany(list, policy.Rules.Count, RulesMax);
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            var rule = policy.Rules[i];
            var at = list.Index(i);
            if (rule.SucceededCount is null && rule.SucceededIndexes is null)
            {
                errors.Required(at, "at least one of succeededCount or succeededIndexes must be specified");
            }

            var total = 0;
            if (rule.SucceededIndexes is { } indexes)
            {
                if (Encoding.UTF8.GetByteCount(indexes) > IndexesBytesMax)
                {
                    errors.TooLong(at.Child("succeededIndexes"), IndexesBytesMax);
                }

                if (IndexIntervals.Fault(indexes, spec.Completions ?? 0, out total) is { } fault)
                {
                    errors.Invalid(at, "succeededIndexes", indexes, "error parsing succeededIndexes: " + fault);
                }
            }

            if (rule.SucceededCount is { } count)
            {
                errors.NonNegative(at, "succeededCount", count);
                if (spec.Completions is { } completions && count > completions)
                {
                    errors.Invalid(at, "succeededCount", count, $"must be less than or equal to {completions} (the number of specified completions)");
                }

                if (rule.SucceededIndexes is not null && count > total)
                {
                    errors.Invalid(at, "succeededCount", count, $"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)");
                }
            }
        }
    }

    private static void ExitCodes(JobSpec spec, PodFailurePolicyOnExitCodesRequirement codes, FieldPath path, FieldErrorList errors)
    {
        if (codes.Operator.Length == 0)
        {
            errors.Missing(path, "operator", "valid values: [\"In\" \"NotIn\"]");
        }
        else
        {
            errors.OneOf(path, "operator", codes.Operator, "In", "NotIn");
        }

        if (codes.ContainerName is { } name && !spec.Template.Spec.Containers.Any(c => c.Name == name) && !spec.Template.Spec.InitContainers.Any(c => c.Name == name))
        {
            errors.Invalid(path, "containerName", name, "must be one of the container or initContainer names in the pod template");
        }

        var values = path.Child("values");
        if (codes.Values.Count == 0)
        {
            errors.Invalid(values, codes.Slots[PodFailurePolicyOnExitCodesRequirement.Fields.Values], "at least one value is required");
        }
        else if (codes.Values.Count > ExitCodesMax)
        {
            errors.TooMany(values, codes.Values.Count, ExitCodesMax);
        }

        var ordered = true;
        var seen = new HashSet<int>();
        for (var i = 0; i < codes.Values.Count; i++)
        {
            if (codes.Operator == "In" && codes.Values[i] == 0)
            {
                errors.Invalid(values.Index(i), codes.Values[i], "must not be 0 for the In operator");
            }

            if (i > 0 && codes.Values[i] < codes.Values[i - 1])
            {
                ordered = false;
            }

            if (!seen.Add(codes.Values[i]))
            {
                errors.Duplicate(values.Index(i), codes.Values[i]);
            }
        }

        if (!ordered)
        {
            errors.Invalid(values, codes.Values, "must be ordered");
        }
    }
}
